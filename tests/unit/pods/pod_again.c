/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_again.h"

#include <sys/stat.h>

#include "tests/unit/pods/pods_fixture.h"

TEST(arguments_come_back_without_their_secret)
{
	static const char *const arguments[] = { "--net=none", "--mds-token=secret", "",
						 "--hostname=a b", NULL };
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct option_list got = { 0 };
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct stat st;

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_int(pod_again_read(&pod, &arena, &got, &err), -ENOENT);
	error_clear(&err);
	check_ok(pod_again_keep(&pod, arguments, &err), &err);
	check_int(fstatat(pod.fd, "stage1-arguments", &st, 0), 0);
	check_uint(st.st_mode & 0777, 0600);
	check_ok(pod_again_read(&pod, &arena, &got, &err), &err);
	check_uint(got.n, 4);
	check_text(got.items[0], "--net=none");
	check_text(got.items[1], POD_AGAIN_TOKEN);
	check_text(got.items[2], "");
	check_text(got.items[3], "--hostname=a b");
	pod_close(&pod);
}

TEST(arguments_that_are_cut_off_are_refused)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct option_list got = { 0 };
	auto_arena struct arena arena = { 0 };
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	put_file(pod.fd, "stage1-arguments", "--net=no");
	check_int(pod_again_read(&pod, &arena, &got, &err), -EINVAL);
	check_contains(err.text, "cut off");
	pod_close(&pod);
}

TEST(what_tells_of_the_last_run_is_forgotten_and_nothing_else)
{
	auto_pods_fixture struct pods_fixture fixture;
	struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	put_file(pod.fd, "pid", "1");
	put_file(pod.fd, "log", "kept");
	check_int(mkdirat(pod.fd, "stage1/rootfs/rkt/status", 0755), 0);
	check_int(mkdirat(pod.fd, "stage1/rootfs/rkt/env", 0755), 0);
	put_file(pod.fd, "stage1/rootfs/rkt/status/one", "7");
	put_file(pod.fd, "stage1/rootfs/rkt/env/one", "A=1");
	check_int(symlinkat("ready", pod.fd, "stage1/rootfs/rkt/supervisor-status"), 0);
	check_ok(pod_again_forget(&pod, &err), &err);
	check_true(!has(&pod, "pid"));
	check_true(!has(&pod, "stage1/rootfs/rkt/status/one"));
	check_true(!has(&pod, "stage1/rootfs/rkt/supervisor-status"));
	check_true(has(&pod, "stage1/rootfs/rkt/status"));
	check_true(has(&pod, "stage1/rootfs/rkt/env/one"));
	check_true(has(&pod, "log") && has(&pod, "pod"));
	check_ok(pod_again_forget(&pod, &err), &err);
	pod_close(&pod);
}
