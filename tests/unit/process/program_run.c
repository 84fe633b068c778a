/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/program_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

/* What a script comes to. */
struct outcome {
	int r;
	struct program_answer answer;
	struct error err;
};

static struct outcome run_script(const char *script, const char *input, int timeout_ms)
{
	static const char *const environment[] = { "PATH=/usr/bin:/bin", "A=b", NULL };
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct outcome outcome = { .answer = { .out.cap = 100000, .complaints.cap = 10 } };
	const struct program_run run = { .path = "/bin/sh",
					 .argv = argv,
					 .environment = environment,
					 .input = input,
					 .input_length = strlen(input),
					 .timeout_ms = timeout_ms };

	outcome.r = program_run(&run, &outcome.answer, &outcome.err);
	return outcome;
}

static void release(struct outcome *outcome)
{
	program_answer_release(&outcome->answer);
}

TEST(it_is_told_and_answers)
{
	struct outcome outcome = run_script("cat; echo oh >&2; exit 3", "hello", 20000);

	check_ok(outcome.r, &outcome.err);
	check_text(text_string(&outcome.answer.out), "hello");
	check_text(text_string(&outcome.answer.complaints), "oh\n");
	check_int(WEXITSTATUS(outcome.answer.wait_status), 3);
	release(&outcome);
}

TEST(it_has_the_environment_given_and_nothing_open)
{
	struct outcome outcome;
	int left_open = open("/dev/null", O_RDONLY);

	check_true(left_open >= 3);
	outcome = run_script("env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD= | sort;"
			     " ls /proc/self/fd | wc -l",
			     "", 20000);
	check_ok(outcome.r, &outcome.err);
	check_text(text_string(&outcome.answer.out),
		   "A=b\nPATH=/usr/bin:/bin\n4\n"); /* ls opens one */
	release(&outcome);
	(void)close(left_open);
}

TEST(who_does_not_listen_gets_no_more)
{
	auto_free char *much = calloc(1, 1000001);
	struct outcome outcome;

	memset(much, 'x', 1000000);
	outcome = run_script("exec <&-; echo done", much, 20000);
	check_ok(outcome.r, &outcome.err);
	check_text(text_string(&outcome.answer.out), "done\n");
	release(&outcome);
}

TEST(much_goes_both_ways)
{
	auto_free char *much = calloc(1, 90001);
	struct outcome outcome;

	memset(much, 'x', 90000);
	outcome = run_script("cat", much, 20000);
	check_ok(outcome.r, &outcome.err);
	check_uint(outcome.answer.out.length, 90000);
	release(&outcome);
}

TEST(who_takes_too_long_is_killed_with_all_it_started)
{
	struct outcome outcome = run_script("sleep 1000 & echo $!; sleep 1000; true", "", 300);
	pid_t pid = (pid_t)strtol(text_string(&outcome.answer.out), NULL, 10);

	check_int(outcome.r, -ETIMEDOUT);
	check_text(outcome.err.text, "it has not ended after 300 ms");
	check_true(pid > 1);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		(void)usleep(20000); /* until whoever is its parent now has reaped it */
	check_int(kill(pid, 0), -1);
	release(&outcome);
}

TEST(who_prints_too_much_is_killed)
{
	struct outcome outcome = run_script("yes", "", 20000);

	check_int(outcome.r, -EFBIG);
	check_text(outcome.err.text, "it printed more than 100000 bytes");
	release(&outcome);
}

TEST(a_signal_that_waits_ends_it)
{
	sigset_t set;
	struct outcome outcome;

	check_int(sigemptyset(&set), 0);
	check_int(sigaddset(&set, SIGTERM), 0);
	check_int(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	check_int(raise(SIGTERM), 0);
	outcome = run_script("sleep 1000", "", 20000);
	check_int(outcome.r, -EINTR);
	check_text(outcome.err.text, "interrupted by a signal");
	release(&outcome);
}

TEST(complaints_are_cut)
{
	struct outcome outcome = run_script("seq 100000 >&2; echo ok", "", 20000);

	check_ok(outcome.r, &outcome.err);
	check_text(text_string(&outcome.answer.out), "ok\n");
	check_true(outcome.answer.complaints.length <= 10);
	release(&outcome);
}

TEST(what_it_leaves_running_does_not_hold_us_up)
{
	struct outcome outcome = run_script("sleep 5 & echo $!", "", 3000);
	pid_t pid = (pid_t)strtol(text_string(&outcome.answer.out), NULL, 10);

	check_ok(outcome.r, &outcome.err);
	check_int(WEXITSTATUS(outcome.answer.wait_status), 0);
	check_int(kill(pid, SIGKILL), 0);
	release(&outcome);
}

TEST(what_is_not_there_is_named)
{
	static const char *const nothing[] = { NULL };
	auto_program_answer struct program_answer answer = { .wait_status = 99 };
	const struct program_run run = {
		.path = "/nowhere/ptp", .argv = nothing, .environment = nothing, .timeout_ms = 1000
	};
	struct error err = { 0 };

	check_int(program_run(&run, &answer, &err), -ENOENT);
	check_text(err.text, "executing /nowhere/ptp: No such file or directory");
	check_int(answer.wait_status, 99);
}

TEST(a_death_by_signal_is_told)
{
	struct outcome outcome = run_script("kill -9 $$", "", 20000);

	check_ok(outcome.r, &outcome.err);
	check_true(WIFSIGNALED(outcome.answer.wait_status) != 0);
	release(&outcome);
}
