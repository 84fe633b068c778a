/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/sandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/pod/pod_place.h"

/* A directory with programs, and an app that runs one of them. */
struct fixture {
	struct pod_place place;
	struct plan_app app;
	struct app_resources resources;
	struct sandbox sandbox;
	const char *argv[5];
	const char *environment[4];
	char path[200];
	char said[2048]; /* what the program said, or the sandbox of its failure */
};

static void set_up(struct fixture *f)
{
	test_need_root();
	*f = (struct fixture){ .place = pod_place_new() };
	f->app = (struct plan_app){ .name = "a", .working_directory = f->place.path };
	f->resources = (struct app_resources){ .app = &f->app,
					       .account = { .uid = 0, .gid = 0 },
					       .environment = f->environment };
	f->sandbox =
	    (struct sandbox){ .resources = &f->resources, .argv = f->argv, .keep_fd = FD_NONE };
	(void)snprintf(f->path, sizeof(f->path), "PATH=%s/one:%s/two", f->place.path,
		       f->place.path);
	f->environment[0] = f->path;
	check_int(chmod(f->place.path, 0755), 0);
}

static void tear_down(struct fixture *f)
{
	pod_place_release(&f->place);
}

#define auto_fixture CLEANUP(tear_down)

static void put_program(const struct fixture *f, const char *name, const char *script, mode_t mode)
{
	pod_place_write(&f->place, name, script);
	check_int(fchmodat(f->place.fd, name, mode, 0), 0);
}

/* Runs the sandbox to its end; its exit status. */
static int run(struct fixture *f)
{
	int ends[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	check_int(pipe(ends), 0);
	pid = fork();
	check_true(pid >= 0);
	if (pid == 0) {
		struct error err = { 0 };

		(void)dup2(ends[1], STDOUT_FILENO);
		status = sandbox_exec(&f->sandbox, &err);
		(void)dprintf(STDOUT_FILENO, "%s", err.text);
		_exit(status);
	}
	(void)close(ends[1]);
	while ((got = read(ends[0], f->said + n, sizeof(f->said) - 1 - n)) > 0)
		n += (size_t)got;
	f->said[n] = '\0';
	(void)close(ends[0]);
	check_int(waitpid(pid, &status, 0), pid);
	check_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run_program(struct fixture *f, const char *program)
{
	f->argv[0] = program;
	return run(f);
}

/* A shell as the program: what it finds around it. */
static int run_shell(struct fixture *f, const char *script)
{
	char with_path[400];

	(void)snprintf(with_path, sizeof(with_path), "PATH=/usr/bin:/bin; %s", script);
	f->argv[0] = "/bin/sh";
	f->argv[1] = "-c";
	f->argv[2] = with_path;
	return run(f);
}

TEST(a_name_is_looked_for_in_the_apps_path_in_its_order)
{
	auto_fixture struct fixture f;

	set_up(&f);
	put_program(&f, "one/both", "#!/bin/sh\necho one", 0755);
	put_program(&f, "two/both", "#!/bin/sh\necho two", 0755);
	put_program(&f, "two/other", "#!/bin/sh\necho other; exit 3", 0755);
	check_int(run_program(&f, "both"), 0);
	check_text(f.said, "one\n");
	check_int(run_program(&f, "other"), 3);
	check_text(f.said, "other\n");
}

TEST(a_file_that_cannot_be_executed_is_passed_over)
{
	auto_fixture struct fixture f;

	set_up(&f);
	put_program(&f, "one/a", "#!/bin/sh\necho one", 0644);
	put_program(&f, "two/a", "#!/bin/sh\necho two", 0755);
	check_int(run_program(&f, "a"), 0);
	check_text(f.said, "two\n");
}

TEST(status_127_is_a_program_that_is_nowhere)
{
	auto_fixture struct fixture f;

	set_up(&f);
	put_program(&f, "one/file", "", 0755);
	check_int(run_program(&f, "missing"), 127);
	check_text(f.said, "Error: Unable to open \"missing\": No such file or directory");
	check_int(run_program(&f, "/missing"), 127);
	check_int(run_program(&f, "one/file/x"), 127);
	check_int(run_program(&f, ""), 127);
}

TEST(status_126_is_a_program_that_cannot_be_executed)
{
	auto_fixture struct fixture f;

	set_up(&f);
	put_program(&f, "one/file", "#!/bin/sh", 0644);
	put_program(&f, "one/lost", "#!/no/such/interpreter\n", 0755);
	put_program(&f, "one/garbage",
		    "\x7f"
		    "ELFnot",
		    0755);
	check_int(run_program(&f, "file"), 126);
	check_text(f.said, "executing file: Permission denied");
	check_int(run_program(&f, "one"), 127); /* a name: not looked for where the app works */
	check_int(run_program(&f, "./one"), 126);
	check_int(run_program(&f, "lost"), 126);
	check_contains(f.said, "Error: Unable to open \"/no/such/interpreter\": No such file or "
			       "directory (it is to interpret ");
	check_int(run_program(&f, "garbage"), 126);
	check_text(f.said, "executing garbage: Exec format error");
}

TEST(a_path_with_a_slash_is_taken_from_the_working_directory)
{
	auto_fixture struct fixture f;

	set_up(&f);
	put_program(&f, "deep/er/a", "#!/bin/sh\npwd", 0755);
	check_int(run_program(&f, "deep/er/a"), 0);
	check_contains(f.said, f.place.path);
}

TEST(an_empty_part_of_the_path_is_the_working_directory)
{
	auto_fixture struct fixture f;

	set_up(&f);
	put_program(&f, "here", "#!/bin/sh\necho here", 0755);
	f.environment[0] = "PATH=/nowhere:";
	check_int(run_program(&f, "here"), 0);
	f.environment[0] = "PATH=";
	check_int(run_program(&f, "here"), 0);
	f.environment[0] = "PATHS=:";
	check_int(run_program(&f, "here"), 127);
}

TEST(a_program_beyond_all_lengths_is_refused)
{
	auto_fixture struct fixture f;
	char name[5000];

	set_up(&f);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	check_int(run_program(&f, name), 127); /* in none of PATH's directories */
	name[0] = '/';
	check_int(run_program(&f, name), 126);
	check_contains(f.said, "executing /aaaa");
}

TEST(a_missing_working_directory_stops_the_start)
{
	auto_fixture struct fixture f;

	set_up(&f);
	f.app.working_directory = "/no/such/place";
	check_int(run_shell(&f, "echo started"), 254);
	check_text(f.said, "entering the working directory /no/such/place: "
			   "No such file or directory");
}

TEST(the_environment_is_the_apps_and_nothing_else)
{
	auto_fixture struct fixture f;

	set_up(&f);
	f.environment[0] = "A=1";
	f.argv[0] = "/usr/bin/env";
	check_int(run(&f), 0);
	check_text(f.said, "A=1\n");
}

TEST(a_terminals_type_does_not_replace_the_apps_own)
{
	auto_fixture struct fixture f;

	set_up(&f);
	f.sandbox.terminal_type = "TERM=vt220";
	check_int(run_shell(&f, "echo $TERM"), 0);
	check_text(f.said, "vt220\n");
	f.environment[1] = "TERM=dumb";
	check_int(run_shell(&f, "echo $TERM"), 0);
	check_text(f.said, "dumb\n");
}

TEST(no_open_file_but_stdio_and_the_one_to_keep_reaches_the_program)
{
	auto_fixture struct fixture f;
	int stray, kept;

	set_up(&f);
	stray = dup(f.place.fd);
	kept = dup(f.place.fd);
	check_true(stray > 2 && kept > 2);
	f.sandbox.keep_fd = kept;
	check_int(run_shell(&f, "for n in 0 1 2 3 4 5 6 7 8 9; do "
				"[ -e /proc/self/fd/$n ] && printf '%s ' $n; done; true"),
		  0);
	(void)close(stray);
	(void)close(kept);
	if (kept < 10) {
		char want[16];

		(void)snprintf(want, sizeof(want), "0 1 2 %d ", kept);
		check_text(f.said, want);
	}
}

TEST(the_program_has_the_apps_ids_groups_and_no_capabilities)
{
	static const uint32_t groups[] = { 3, 7 };
	auto_fixture struct fixture f;

	set_up(&f);
	f.resources.account = (struct account){ .uid = 1234, .gid = 77 };
	f.app.supplementary_gids = groups;
	f.app.n_supplementary_gids = 2;
	f.app.no_new_privileges = true;
	check_int(run_shell(&f, "grep -E '^(Uid|Gid|Groups|Cap...|NoNewPrivs):' /proc/self/status"),
		  0);
	check_contains(f.said, "Uid:\t1234\t1234\t1234\t1234\n");
	check_contains(f.said, "Gid:\t77\t77\t77\t77\n");
	check_contains(f.said, "Groups:\t3 7 \n");
	check_contains(f.said, "CapEff:\t0000000000000000\n");
	check_contains(f.said, "CapBnd:\t0000000000000000\n");
	check_contains(f.said, "CapAmb:\t0000000000000000\n");
	check_contains(f.said, "NoNewPrivs:\t1\n");
}

TEST(root_holds_the_capabilities_of_the_plan_and_no_other)
{
	auto_fixture struct fixture f;

	set_up(&f);
	f.app.capabilities = UINT64_C(1) << 10; /* CAP_NET_BIND_SERVICE */
	check_int(run_shell(&f, "grep -E '^Cap(Bnd|Eff):' /proc/self/status"), 0);
	check_text(f.said, "CapEff:\t0000000000000400\nCapBnd:\t0000000000000400\n");
}

TEST(limits_are_those_of_the_plan)
{
	static const struct plan_rlimit limits[] = {
		{ .resource = RLIMIT_NOFILE, .name = "RLIMIT_NOFILE", .soft = 33, .hard = 44 },
	};
	auto_fixture struct fixture f;

	set_up(&f);
	f.app.rlimits = limits;
	f.app.n_rlimits = 1;
	f.app.has_oom_score_adj = true;
	f.app.oom_score_adj = 555;
	check_int(run_shell(&f, "ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj"), 0);
	check_text(f.said, "33\n44\n555\n");
}

TEST(a_cgroup_that_cannot_be_joined_stops_the_start)
{
	auto_fixture struct fixture f;

	set_up(&f);
	f.resources.cgroup.n = 1;
	f.resources.cgroup.items[0].procs_fd = FD_NONE;
	check_int(run_shell(&f, "echo started"), 254);
	check_contains(f.said, "joining the cgroup");
}
