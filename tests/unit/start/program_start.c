/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process/program_run.h"
#include "tests/unit/test.h"

static void ask_probe(const char *status, struct program_answer *answer)
{
	static const char *const environment[] = { "A=b", NULL };
	const char *const argv[] = { "/some/where/name", status, NULL };
	const struct program_run run = { .path = START_PROBE,
					 .argv = argv,
					 .environment = environment,
					 .input = "",
					 .timeout_ms = 20000 };
	struct error err = { 0 };

	*answer = (struct program_answer){ .out.cap = 4096, .complaints.cap = 4096 };
	check_ok(program_run(&run, answer, &err), &err);
	check_text(text_string(&answer->complaints), "");
}

/* Up to the end of its line. */
static const char *line_after(char *text, const char *start)
{
	char *line = strstr(text, start);

	ck_assert_msg(line, "\"%s\" has no \"%s\"", text, start);
	line[strcspn(line, "\n")] = '\0';
	return line + strlen(start);
}

TEST(a_program_finds_what_it_expects_at_its_start_and_its_end)
{
	auto_program_answer struct program_answer answer = { 0 };

	ask_probe("7", &answer);
	check_int(WEXITSTATUS(answer.wait_status), 7);
	check_text(strchr(text_string(&answer.out), '\n') + 1, "constructed 7\n"
							       "thread 17 17 errno 0\n"
							       "environment A=b\n"
							       "name name\n"
							       "copied rightly\n"
							       "handler\n"
							       "destructor\n");
}

#if defined(__x86_64__)
TEST(the_stack_protector_has_another_secret_in_each_process)
{
	auto_program_answer struct program_answer first = { 0 }, second = { 0 };
	const char *secret;

	ask_probe("0", &first);
	ask_probe("0", &second);
	secret = line_after(first.out.data, "guard ");
	check_uint(strlen(secret), 16);
	check_text(secret + 14, "00"); /* what a string cannot be copied across */
	ck_assert_str_ne(secret, line_after(second.out.data, "guard "));
	ck_assert_str_ne(secret, "0000000000000000");
}
#endif

#ifdef START_IS_QUICK
/* How often it executes cpuid until it ends. */
static int count_questions(pid_t pid)
{
	struct user_regs_struct registers;
	int status, n = 0;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		check_int(ptrace(PTRACE_GETREGS, pid, NULL, &registers), 0);
		errno = 0;
		n += (ptrace(PTRACE_PEEKTEXT, pid, registers.rip, NULL) & 0xffff) == 0xa20f &&
		     errno == 0;
		check_int(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
	}
	check_true(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 255);
	return n;
}

TEST(the_processor_is_not_asked)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			execl(START_PROBE, "probe", "no status", NULL);
		_exit(1);
	}
	check_int(count_questions(pid), 0);
}
#endif
