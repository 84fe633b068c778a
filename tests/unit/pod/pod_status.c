/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_status.h"

#include <errno.h>
#include <sys/wait.h>

#include "tests/unit/pod/pod_place.h"

static int read_pid(const struct pod_place *place, pid_t *ret, struct error *err)
{
	error_clear(err);
	return pod_status_pid(place->fd, ret, err);
}

TEST(the_pid_file_comes_first)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	pid_t pid = -1;

	check_int(read_pid(&place, &pid, &err), -ENOENT);
	check_int(pid, -1);
	pod_place_write(&place, "ppid", "1\n");
	pod_place_write(&place, "pid", "4711\n");
	check_ok(read_pid(&place, &pid, &err), &err);
	check_int(pid, 4711);
}

TEST(a_pid_is_one_strict_number)
{
	static const char *const bad[] = { "",
					   "\n",
					   "0",
					   "-1",
					   " 1",
					   "1 ",
					   "0x10",
					   "4194305",
					   "1\n2",
					   "1\n\n",
					   "99999999999999999999" };
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	pid_t pid = -1;

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		pod_place_write(&place, "pid", bad[i]);
		check_int(read_pid(&place, &pid, &err), -EINVAL);
		check_contains(err.text, "pid");
		check_int(pid, -1);
	}
}

TEST(a_large_pid_file_is_refused)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	char large[8192];
	pid_t pid = -1;

	memset(large, '1', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	pod_place_write(&place, "pid", large);
	check_int(read_pid(&place, &pid, &err), -EFBIG);
}

TEST(a_pid_file_that_is_a_symlink_or_a_fifo_is_refused)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	pid_t pid = -1;

	pod_place_write(&place, "elsewhere", "1\n");
	check_int(symlinkat("elsewhere", place.fd, "pid"), 0);
	check_int(read_pid(&place, &pid, &err), -ELOOP);
	check_int(unlinkat(place.fd, "pid", 0), 0);
	check_int(mkfifoat(place.fd, "pid", 0600), 0);
	check_int(read_pid(&place, &pid, &err), -EINVAL);
}

static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	check_true(pid > 0);
	return pid;
}

static void end_child(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

TEST(ppid_leads_to_its_only_child)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	pid_t pid = -1;
	pid_t child;
	pid_t other;
	char own[16];

	(void)snprintf(own, sizeof(own), "%d\n", (int)getpid());
	pod_place_write(&place, "ppid", own);
	check_int(read_pid(&place, &pid, &err), -ESRCH);
	child = start_child();
	check_ok(read_pid(&place, &pid, &err), &err);
	check_int(pid, child);
	other = start_child();
	check_int(read_pid(&place, &pid, &err), -EINVAL);
	check_contains(err.text, "more than one child");
	end_child(other);
	end_child(child);
	check_int(read_pid(&place, &pid, &err), -ESRCH);
}

TEST(a_ppid_that_is_gone_is_no_process)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	pid_t pid = -1;

	pod_place_write(&place, "ppid", "4194304\n");
	check_int(read_pid(&place, &pid, &err), -ESRCH);
	check_contains(err.text, "is gone");
}

TEST(a_subcgroup_is_an_absolute_path_that_leads_nowhere_else)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	char path[64] = "untouched";

	pod_place_write(&place, "subcgroup", "machine.slice");
	check_int(pod_status_subcgroup(place.fd, path, sizeof(path), &err), -EINVAL);
	pod_place_write(&place, "subcgroup", "/a/../../b");
	check_int(pod_status_subcgroup(place.fd, path, sizeof(path), &err), -EINVAL);
	pod_place_write(&place, "subcgroup", "/a\n/b");
	check_int(pod_status_subcgroup(place.fd, path, sizeof(path), &err), -EINVAL);
	check_text(path, "untouched");
	check_int(pod_status_subcgroup(place.fd, path, 3, &err), -EINVAL);
	pod_place_write(&place, "subcgroup", "/a/..b/machine-rkt\\x2d1.scope");
	check_ok(pod_status_subcgroup(place.fd, path, sizeof(path), &err), &err);
	check_text(path, "/a/..b/machine-rkt\\x2d1.scope");
}

TEST(results_are_found_in_the_overlay_or_in_a_copy)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	int status = -1;

	pod_place_write(&place, "stage1/rootfs/rkt/status/app-a", "3\n");
	{
		auto_close int results = FD_NONE;

		check_ok(pod_status_open_results(place.fd, &results, &err), &err);
		check_ok(pod_status_app(results, "app-a", &status, &err), &err);
		check_int(status, 3);
	}
	pod_place_write(&place, "stage1TreeStoreID", "deps-sha512-0c6b");
	pod_place_write(&place, "overlay/deps-sha512-0c6b/upper/rkt/status/app-a", "137\n");
	{
		auto_close int results = FD_NONE;

		check_ok(pod_status_open_results(place.fd, &results, &err), &err);
		check_ok(pod_status_app(results, "app-a", &status, &err), &err);
		check_int(status, 137);
	}
}

TEST(a_tree_id_cannot_lead_out_of_the_pod)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	int results = FD_NONE;

	pod_place_write(&place, "stage1/rootfs/rkt/status/app-a", "3\n");
	pod_place_write(&place, "stage1TreeStoreID", "../../..");
	check_int(pod_status_open_results(place.fd, &results, &err), -EINVAL);
	check_int(results, FD_NONE);
}

TEST(a_status_is_a_small_number_or_not_there_yet)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int results = FD_NONE;
	struct error err = { 0 };
	int status = -1;

	pod_place_write(&place, "stage1/rootfs/rkt/status/app-a", "256\n");
	check_ok(pod_status_open_results(place.fd, &results, &err), &err);
	check_int(pod_status_app(results, "app-b", &status, &err), -ENOENT);
	check_int(pod_status_app(results, "app-a", &status, &err), -EINVAL);
	check_int(pod_status_app(results, "../../pid", &status, &err), -EINVAL);
	check_int(status, -1);
}

TEST(ready_needs_the_very_word)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int results = FD_NONE;
	struct error err = { 0 };
	bool ready = true;

	pod_place_write(&place, "stage1/rootfs/rkt/status/app-a", "0\n");
	check_ok(pod_status_open_results(place.fd, &results, &err), &err);
	check_ok(pod_status_ready(results, &ready, &err), &err);
	check_true(!ready);
	check_int(symlinkat("ready-not", results, "supervisor-status"), 0);
	check_ok(pod_status_ready(results, &ready, &err), &err);
	check_true(!ready);
	check_int(unlinkat(results, "supervisor-status", 0), 0);
	check_int(symlinkat("ready", results, "supervisor-status"), 0);
	check_ok(pod_status_ready(results, &ready, &err), &err);
	check_true(ready);
}
