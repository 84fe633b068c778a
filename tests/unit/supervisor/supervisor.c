/* SPDX-License-Identifier: Apache-2.0 */
/* Apps in the root of the test itself: what is tested is their lives, not their roots. */
#include "common/supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "common/process/exit_status.h"
#include "common/process/signals.h"
#include "tests/unit/cgroup/live_cgroup.h"
#include "tests/unit/cgroup/process_count.h"

#define MAX_APPS 2

struct script {
	const char *argv[4];
	struct plan_handler handler;
};

struct fixture {
	struct plan_app apps[MAX_APPS];
	struct script mains[MAX_APPS], pre_start, post_stop;
	struct plan plan;
	struct app_resources resources[MAX_APPS];
	struct app_surroundings surroundings;
	struct supervisor supervisor;
	struct text events; /* "ready a=0 b=3 " */
	struct text complaints;
	struct text output;
	int passed_on; /* the signal that SIGUSR2 becomes; 0: SIGUSR2 stops the pod, -1: kills it */
};

static const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };

static void on_ready(void *context)
{
	struct fixture *f = context;

	(void)text_printf(&f->events, "ready ");
}

static void on_end(void *context, size_t app, int status)
{
	struct fixture *f = context;

	(void)text_printf(&f->events, "%s=%d ", f->apps[app].name, status);
}

static void on_restart(void *context, size_t app, uint32_t n)
{
	struct fixture *f = context;

	(void)text_printf(&f->events, "%s*%u ", f->apps[app].name, (unsigned)n);
}

static void on_complaint(void *context, const struct error *problem)
{
	struct fixture *f = context;

	(void)text_printf(&f->complaints, "%s\n", problem->text);
}

static void on_signal(void *context, int number)
{
	struct fixture *f = context;

	if (number != SIGUSR2)
		return;
	if (f->passed_on > 0)
		supervisor_signal(&f->supervisor, f->passed_on);
	else if (f->passed_on == 0)
		supervisor_stop(&f->supervisor);
	else
		supervisor_kill(&f->supervisor);
}

static void write_script(struct script *script, const char *text)
{
	script->argv[0] = "/bin/sh";
	script->argv[1] = "-c";
	script->argv[2] = text;
	script->handler.argv = (struct plan_strings){ .items = script->argv, .n = 3 };
}

/* An app of each script. */
static void set_up(struct fixture *f, const char *a, const char *b)
{
	static const char *const names[] = { "a", "b" };
	const char *const scripts[] = { a, b };

	test_need_root();
	*f = (struct fixture){ .plan = { .apps = f->apps, .supervised = true } };
	for (size_t i = 0; i < MAX_APPS && scripts[i] != NULL; i++) {
		write_script(&f->mains[i], scripts[i]);
		f->apps[i] = (struct plan_app){ .name = names[i],
						.argv = f->mains[i].handler.argv,
						.working_directory = "/",
						.stop_signal = SIGTERM,
						.stop_grace_ms = 5000 };
		f->resources[i] =
		    (struct app_resources){ .app = &f->apps[i], .environment = environment };
		f->plan.n_apps++;
	}
	f->surroundings = (struct app_surroundings){ .plan = &f->plan,
						     .terminal_socket = FD_NONE,
						     .root_entered = true };
	f->supervisor = (struct supervisor){ .plan = &f->plan,
					     .surroundings = &f->surroundings,
					     .resources = f->resources,
					     .events = { .ready = on_ready,
							 .app_ended = on_end,
							 .restarted = on_restart,
							 .complain = on_complaint,
							 .signal = on_signal,
							 .context = f } };
}

static void tear_down(struct fixture *f)
{
	for (size_t i = 0; i < f->plan.n_apps; i++)
		cgroup_app_release(&f->resources[i].cgroup);
	text_release(&f->events);
	text_release(&f->complaints);
	text_release(&f->output);
}

#define auto_fixture CLEANUP(tear_down)

static void before(struct fixture *f, const char *script)
{
	write_script(&f->pre_start, script);
	f->apps[0].pre_start = &f->pre_start.handler;
	f->apps[0].n_pre_start = 1;
}

static void after(struct fixture *f, const char *script)
{
	write_script(&f->post_stop, script);
	f->apps[0].post_stop = &f->post_stop.handler;
	f->apps[0].n_post_stop = 1;
}

/* Runs the pod, its output into f->output; the pod's status. */
static int run(struct fixture *f)
{
	struct supervisor *supervisor = &f->supervisor;
	auto_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_close int signal_fd = FD_NONE;
	auto_close int file = memfd_create("output", MFD_CLOEXEC);
	int saved[] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
	struct error err = { 0 };
	int status;

	check_true(dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0);
	check_ok(signals_to_fd(&signal_fd, &err), &err);
	supervisor->null_fd = null_fd;
	supervisor->signal_fd = signal_fd;
	check_ok(supervisor_init(supervisor, &err), &err);
	status = supervisor_run(supervisor, &err);
	supervisor_release(supervisor);
	check_true(dup2(saved[0], STDOUT_FILENO) >= 0 && dup2(saved[1], STDERR_FILENO) >= 0);
	(void)close(saved[0]);
	(void)close(saved[1]);
	check_ok(status, &err);
	check_int(lseek(file, 0, SEEK_SET), 0);
	check_int(file_read_fd(file, 65536, &f->output), 0);
	return status;
}

TEST(a_pod_ends_well_when_all_its_apps_do)
{
	auto_fixture struct fixture f;

	set_up(&f, "exit 0", "sleep 0.1");
	check_int(run(&f), 0);
	check_text(text_string(&f.events), "ready a=0 b=0 ");
	check_text(text_string(&f.complaints), "");
}

TEST(an_app_that_fails_stops_the_others_and_its_status_is_the_pods)
{
	auto_fixture struct fixture f;

	set_up(&f, "sleep 60", "exit 7");
	check_int(run(&f), 7);
	check_contains(text_string(&f.events), "b=7 a=0 ");
}

TEST(an_app_that_fails_is_started_again_until_it_does_not)
{
	char path[] = "/tmp/restart-XXXXXX", script[128];
	auto_fixture struct fixture f;

	test_make_directory(path);
	(void)snprintf(script, sizeof(script),
		       "echo x >>%s/tries; test $(wc -l <%s/tries) -ge 3 || exit 5", path, path);
	set_up(&f, script, NULL);
	f.plan.restart = PLAN_RESTART_ON_FAILURE;
	check_int(run(&f), 0);
	check_text(text_string(&f.events), "ready a*1 a*2 a=0 ");
	check_contains(text_string(&f.complaints),
		       "app a: it ended with status 5 and is started again in 100 ms");
	check_contains(text_string(&f.complaints), "in 200 ms");
}

TEST(an_app_that_backs_off_ends_when_the_pod_is_stopped)
{
	auto_fixture struct fixture f;

	set_up(&f, "exit 5", "sleep 0.5; kill -USR2 $PPID; exec sleep 60");
	f.plan.restart = PLAN_RESTART_ON_FAILURE;
	check_int(run(&f), 5);
	check_contains(text_string(&f.events), "ready a*1 a*2 ");
	check_contains(text_string(&f.events), "a=5 ");
	check_contains(text_string(&f.events), "b=0 ");
}

TEST(an_app_that_cannot_be_started_at_all_ends_the_pod)
{
	static const char *const nowhere[] = { "/nowhere", NULL };
	auto_fixture struct fixture f;

	set_up(&f, "exit 0", NULL);
	f.apps[0].argv = (struct plan_strings){ .items = nowhere, .n = 1 };
	f.plan.restart = PLAN_RESTART_ALWAYS;
	check_int(run(&f), 127);
	check_text(text_string(&f.events), "a=127 ");
}

TEST(an_app_that_ends_well_leaves_the_others_alone)
{
	auto_fixture struct fixture f;

	set_up(&f, "exit 0", "sleep 0.2; exit 3");
	check_int(run(&f), 3);
	check_text(text_string(&f.events), "ready a=0 b=3 ");
}

TEST(a_program_that_is_not_there_counts_as_127)
{
	auto_fixture struct fixture f;

	set_up(&f, "sleep 60", "");
	f.mains[1].argv[0] = "/no/such/program";
	check_int(run(&f), 127);
	check_text(text_string(&f.complaints),
		   "app b: Error: Unable to open \"/no/such/program\": No such file or "
		   "directory\n");
	check_contains(text_string(&f.events), "a=0 ");
}

TEST(output_comes_line_by_line_with_the_apps_name)
{
	auto_fixture struct fixture f;

	set_up(&f, "echo to stdout; echo to stderr >&2; printf unfinished", NULL);
	check_int(run(&f), 0);
	check_contains(text_string(&f.output), "a[");
	check_contains(text_string(&f.output), "]: to stdout\n");
	check_contains(text_string(&f.output), "]: to stderr\n");
	check_contains(text_string(&f.output), "]: unfinished\n");
}

TEST(handlers_run_before_and_after_the_app)
{
	auto_fixture struct fixture f;
	const char *pre, *main_process, *post;

	set_up(&f, "echo main; exit 5", NULL);
	before(&f, "echo pre");
	after(&f, "echo post");
	check_int(run(&f), 5);
	pre = strstr(text_string(&f.output), "pre\n");
	main_process = strstr(text_string(&f.output), "main\n");
	post = strstr(text_string(&f.output), "post\n");
	check_true(pre != NULL && main_process != NULL && post != NULL);
	check_true(pre < main_process && main_process < post);
	check_text(text_string(&f.events), "ready a=5 ");
}

TEST(a_pre_start_handler_that_fails_keeps_the_app_from_starting)
{
	auto_fixture struct fixture f;

	set_up(&f, "echo main", NULL);
	before(&f, "exit 3");
	after(&f, "echo post");
	check_int(run(&f), EXIT_STATUS_NOT_STARTED);
	check_text(text_string(&f.output), "");
	check_contains(text_string(&f.complaints), "app a: the pre-start handler /bin/sh "
						   "exited with status 3");
	check_true(strstr(text_string(&f.events), "a=254") != NULL);
}

TEST(a_post_stop_handler_that_fails_is_told_and_changes_nothing)
{
	auto_fixture struct fixture f;

	set_up(&f, "exit 0", NULL);
	after(&f, "exit 3");
	check_int(run(&f), 0);
	check_contains(text_string(&f.complaints), "the post-stop handler /bin/sh exited with "
						   "status 3");
}

TEST(a_handler_that_is_not_there_is_named)
{
	auto_fixture struct fixture f;

	set_up(&f, "echo main", NULL);
	before(&f, "");
	f.pre_start.argv[0] = "/no/such/handler";
	check_int(run(&f), EXIT_STATUS_NOT_STARTED);
	check_contains(text_string(&f.complaints),
		       "app a: pre-start handler: Error: Unable to open \"/no/such/handler\": ");
}

TEST(stop_gives_each_app_its_own_signal)
{
	auto_fixture struct fixture f;

	set_up(&f, "trap 'exit 9' INT; kill -USR2 $PPID; while :; do sleep 0.02; done",
	       "exec sleep 60");
	f.apps[0].stop_signal = SIGINT;
	check_true(run(&f) != 0); /* of whichever was the first to end */
	check_contains(text_string(&f.events), "a=9 ");
	check_contains(text_string(&f.events), "b=0 ");
}

TEST(an_app_that_does_not_stop_is_killed_when_its_grace_is_over)
{
	auto_fixture struct fixture f;

	set_up(&f, "trap '' TERM; kill -USR2 $PPID; while :; do sleep 0.02; done", NULL);
	f.apps[0].stop_grace_ms = 100;
	check_int(run(&f), 137);
}

TEST(kill_asks_nobody)
{
	auto_fixture struct fixture f;

	set_up(&f, "trap 'exit 0' TERM; kill -USR2 $PPID; while :; do sleep 0.02; done", NULL);
	after(&f, "echo post");
	f.passed_on = -1;
	check_int(run(&f), 137);
	check_text(text_string(&f.output), "");
}

TEST(signals_can_be_passed_on)
{
	auto_fixture struct fixture f;

	set_up(&f, "trap 'exit 9' USR1; kill -USR2 $PPID; while :; do sleep 0.02; done", NULL);
	f.passed_on = SIGUSR1;
	check_int(run(&f), 9);
}

TEST(what_the_main_process_leaves_running_goes_with_it)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;

	set_up(&f, "sleep 60 >/dev/null 2>&1 & exit 0", NULL);
	detect();
	make_pod(&pod, 0, &no_limits);
	f.resources[0].cgroup = make_app(&pod, "a", &no_limits);
	check_int(run(&f), 0);
	check_int(count_in_pod(&pod), 0);
}

TEST(a_process_that_holds_the_output_does_not_hold_the_pod)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;

	set_up(&f, "sleep 60 & echo said; exit 2", NULL);
	detect();
	make_pod(&pod, 0, &no_limits);
	f.resources[0].cgroup = make_app(&pod, "a", &no_limits);
	check_int(run(&f), 2);
	check_contains(text_string(&f.output), "said\n");
}
