/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_stop.h"

#include <time.h>

#include "tests/unit/cgroup/live_cgroup.h"
#include "tests/unit/cgroup/process_count.h"
#include "tests/unit/pod/pod_place.h"

/* A pod of one app with a directory and cgroups. */
struct fixture {
	struct pod_place place;
	struct cgroup_app cgroup;
	struct plan_app app;
	struct plan plan;
	struct pod_stop stop;
	struct error err;
};

static void set_up(struct fixture *f, struct cgroup_pod *pod)
{
	detect();
	make_pod(pod, 0, &no_limits);
	*f = (struct fixture){ .place = pod_place_new(),
			       .cgroup = make_app(pod, "a", &no_limits),
			       .app = { .name = "a", .stop_signal = SIGINT, .stop_grace_ms = 5000 },
			       .plan = { .n_apps = 1, .supervised = true } };
	f->plan.apps = &f->app;
	f->stop = (struct pod_stop){ .pod_fd = f->place.fd, .plan = &f->plan, .cgroup = pod };
}

static void tear_down(struct fixture *f)
{
	cgroup_app_release(&f->cgroup);
	pod_place_release(&f->place);
}

#define auto_fixture CLEANUP(tear_down)

static void write_pid(const struct fixture *f, const char *name, pid_t pid)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	pod_place_write(&f->place, name, text);
}

/* A process that works in path and is in no cgroup of the pod. */
static pid_t start_at(const char *path)
{
	int ends[2];
	pid_t pid;
	char byte;

	check_int(pipe(ends), 0);
	pid = fork();
	check_true(pid >= 0);
	if (pid == 0) {
		if (chdir(path) < 0 || write(ends[1], "", 1) != 1)
			_exit(99);
		_exit(sleep_long());
	}
	check_int(read(ends[0], &byte, 1), 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return pid;
}

static bool is_alive(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static void end(pid_t pid)
{
	check_int(kill(pid, SIGKILL), 0);
	(void)wait_for(pid);
}

TEST(the_leader_of_a_supervised_pod_is_asked)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t leader;

	set_up(&f, &pod);
	leader = start_at(f.place.path);
	write_pid(&f, "ppid", leader);
	check_ok(pod_stop_politely(&f.stop, &f.err), &f.err);
	check_int(wait_for(leader), SIGTERM);
}

TEST(a_process_that_proves_nothing_is_left_alone)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t stranger;

	set_up(&f, &pod);
	stranger = start_at("/");
	write_pid(&f, "ppid", stranger);
	check_int(pod_stop_politely(&f.stop, &f.err), -ESRCH);
	check_contains(f.err.text, "not the pod's");
	check_true(is_alive(stranger));
	end(stranger);
}

TEST(being_in_the_pods_cgroup_is_proof_enough)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t it;

	set_up(&f, &pod);
	it = start_in(&f.cgroup, sleep_long);
	wait_for_count(&f.cgroup, 1);
	write_pid(&f, "pid", it);
	check_ok(pod_stop_politely(&f.stop, &f.err), &f.err);
	check_int(wait_for(it), SIGTERM);
}

TEST(a_pod_that_is_its_app_gets_the_apps_stop_signal)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t it;

	set_up(&f, &pod);
	f.plan.supervised = false;
	it = start_in(&f.cgroup, sleep_long);
	wait_for_count(&f.cgroup, 1);
	write_pid(&f, "pid", it);
	check_ok(pod_stop_politely(&f.stop, &f.err), &f.err);
	check_int(wait_for(it), SIGINT);
}

static int sleep_deaf(void)
{
	(void)signal(SIGINT, SIG_IGN);
	return sleep_long();
}

TEST(an_app_that_does_not_listen_is_killed_after_its_grace)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	struct timespec before, after;
	pid_t it;

	set_up(&f, &pod);
	f.plan.supervised = false;
	f.app.stop_grace_ms = 200;
	it = start_in(&f.cgroup, sleep_deaf);
	wait_for_count(&f.cgroup, 1);
	(void)usleep(100000); /* it has become deaf by now */
	write_pid(&f, "pid", it);
	check_int(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	check_ok(pod_stop_politely(&f.stop, &f.err), &f.err);
	check_int(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	check_int(wait_for(it), SIGKILL);
	check_true((after.tv_sec - before.tv_sec) * 1000 +
		       (after.tv_nsec - before.tv_nsec) / 1000000 >=
		   199);
}

static int leave_one_behind(void)
{
	pid_t pid = fork();

	if (pid == 0)
		return sleep_deaf();
	return sleep_long();
}

TEST(what_the_app_leaves_behind_is_killed_at_once)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t it;

	set_up(&f, &pod);
	f.plan.supervised = false;
	it = start_in(&f.cgroup, leave_one_behind);
	wait_for_count(&f.cgroup, 2);
	write_pid(&f, "pid", it);
	check_ok(pod_stop_politely(&f.stop, &f.err), &f.err);
	check_int(wait_for(it), SIGINT);
	check_int(count_in_pod(&pod), 0);
}

TEST(force_kills_every_process_of_the_pod)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t it;

	set_up(&f, &pod);
	it = start_in(&f.cgroup, leave_one_behind);
	wait_for_count(&f.cgroup, 2);
	check_ok(pod_stop_by_force(&f.stop, &f.err), &f.err);
	check_int(wait_for(it), SIGKILL);
	check_int(count_in_pod(&pod), 0);
}

TEST(a_pod_that_has_not_come_so_far_is_said_to_have_no_process)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;

	set_up(&f, &pod);
	check_int(pod_stop_politely(&f.stop, &f.err), -ESRCH);
	check_contains(f.err.text, "no process yet");
}

TEST(only_a_pid_is_taken_for_one)
{
	static const char *const texts[] = { "",     "0\n",          "-1\n",         "12x\n",
					     " 1\n", "4294967296\n", "2147483648\n", "1 2\n" };
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;

	set_up(&f, &pod);
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		pod_place_write(&f.place, "ppid", texts[i]);
		check_int(pod_stop_politely(&f.stop, &f.err), -EINVAL);
		check_contains(f.err.text, "is no pid");
	}
}

TEST(a_process_that_is_gone_is_no_longer_the_pods)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t it;

	set_up(&f, &pod);
	it = start_at(f.place.path);
	end(it);
	write_pid(&f, "ppid", it);
	check_int(pod_stop_politely(&f.stop, &f.err), -ESRCH);
}

TEST(what_is_left_of_a_pod_without_its_first_process_is_killed)
{
	static struct cgroup_pod pod;
	auto_fixture struct fixture f;
	pid_t leader, left;

	set_up(&f, &pod);
	leader = start_at(f.place.path);
	end(leader);
	left = start_in(&f.cgroup, sleep_deaf);
	write_pid(&f, "ppid", leader);
	check_ok(pod_stop_politely(&f.stop, &f.err), &f.err);
	check_int(wait_for(left), SIGKILL);
}
