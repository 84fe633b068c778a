/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_record.h"

#include <errno.h>

#include "tests/unit/pod/pod_place.h"

TEST(pids_are_written_as_the_original_writes_them)
{
	auto_place struct pod_place place = pod_place_new();
	auto_free char *pid = NULL;
	auto_free char *ppid = NULL;
	struct error err = { 0 };

	check_ok(pod_record_pid(place.fd, 83, &err), &err);
	check_ok(pod_record_ppid(place.fd, 4194303, &err), &err);
	pid = pod_place_read(&place, "pid");
	ppid = pod_place_read(&place, "ppid");
	check_text(pid, "83\n");
	check_text(ppid, "4194303\n");
}

TEST(the_subcgroup_has_no_newline)
{
	auto_place struct pod_place place = pod_place_new();
	auto_free char *content = NULL;
	struct error err = { 0 };

	check_ok(pod_record_subcgroup(place.fd, "/machine-rkt\\x2dabc.scope", &err), &err);
	content = pod_place_read(&place, "subcgroup");
	check_text(content, "/machine-rkt\\x2dabc.scope");
}

TEST(opening_the_results_twice_is_fine)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int one = FD_NONE;
	auto_close int two = FD_NONE;
	struct error err = { 0 };

	check_ok(pod_record_open(place.fd, &one, &err), &err);
	check_ok(pod_record_open(place.fd, &two, &err), &err);
	check_int(faccessat(two, "status", F_OK, 0), 0);
	check_int(faccessat(two, "env", F_OK, 0), 0);
}

TEST(a_symlink_in_place_of_the_results_is_not_followed)
{
	auto_place struct pod_place place = pod_place_new();
	struct error err = { 0 };
	int results = FD_NONE;

	check_int(symlinkat("/tmp", place.fd, "stage1/rootfs/rkt"), 0);
	check_true(pod_record_open(place.fd, &results, &err) < 0);
	check_int(results, FD_NONE);
	check_contains(err.text, "stage1/rootfs/rkt");
}

TEST(a_status_is_a_line_and_can_be_replaced)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int results = FD_NONE;
	auto_free char *first = NULL;
	auto_free char *second = NULL;
	struct error err = { 0 };

	check_ok(pod_record_open(place.fd, &results, &err), &err);
	check_ok(pod_record_status(results, "app-a", 0, &err), &err);
	first = pod_place_read(&place, "stage1/rootfs/rkt/status/app-a");
	check_text(first, "0\n");
	check_ok(pod_record_status(results, "app-a", 137, &err), &err);
	second = pod_place_read(&place, "stage1/rootfs/rkt/status/app-a");
	check_text(second, "137\n");
}

TEST(a_name_that_is_no_app_becomes_no_file)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int results = FD_NONE;
	const char *const environment[] = { "A=b", NULL };
	struct error err = { 0 };

	check_ok(pod_record_open(place.fd, &results, &err), &err);
	check_int(pod_record_status(results, "../pid", 0, &err), -EINVAL);
	check_contains(err.text, "../pid");
	check_int(pod_record_environment(results, "../../x", environment, &err), -EINVAL);
}

TEST(an_environment_is_private_and_one_line_each)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int results = FD_NONE;
	auto_free char *content = NULL;
	const char *const environment[] = { "PATH=/bin", "FORGED=x\nLD_PRELOAD=/evil", "A=b",
					    NULL };
	struct error err = { 0 };
	struct stat st;

	check_ok(pod_record_open(place.fd, &results, &err), &err);
	check_ok(pod_record_environment(results, "app-a", environment, &err), &err);
	content = pod_place_read(&place, "stage1/rootfs/rkt/env/app-a");
	check_text(content, "PATH=/bin\nA=b\n");
	check_int(fstatat(results, "env/app-a", &st, 0), 0);
	check_uint(st.st_mode & 07777, 0600);
}

TEST(ready_is_a_symlink_whatever_was_there)
{
	auto_place struct pod_place place = pod_place_new();
	auto_close int results = FD_NONE;
	struct error err = { 0 };
	char target[16] = "";

	check_ok(pod_record_open(place.fd, &results, &err), &err);
	check_ok(pod_record_ready(results, &err), &err);
	check_int(readlinkat(results, "supervisor-status", target, sizeof(target) - 1), 5);
	check_text(target, "ready");
	check_int(unlinkat(results, "supervisor-status", 0), 0);
	check_int(symlinkat("not-ready", results, "supervisor-status"), 0);
	check_ok(pod_record_ready(results, &err), &err);
	check_int(readlinkat(results, "supervisor-status", target, sizeof(target) - 1), 5);
	check_int(faccessat(results, ".supervisor-status.tmp", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}
