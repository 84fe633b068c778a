/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_report.h"

#include "stage0/pods/pod_manifest_scan.h"
#include "tests/unit/pods/pods_fixture.h"

static void check_report(const struct pod_dir *pod, struct arena *arena, struct pod_report *ret)
{
	struct error err = { 0 };

	check_ok(pod_report_read(pod, POD_REPORT_WHOLE, arena, ret, &err), &err);
}

TEST(a_report_tells_apps_images_mounts_and_results)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_arena struct arena arena = { 0 };
	struct pod_report report;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_RUN, &err), &err);
	pod_unlock(&pod);
	put_file(pod.fd, "ppid", "83\n");
	put_file(pod.fd, "net-info.json", "[{\"netName\":\"default\",\"ip\":\"172.16.28.2\"}]");
	check_int(mkdirat(pod.fd, "stage1/rootfs/rkt/status", 0755), 0);
	put_file(pod.fd, "stage1/rootfs/rkt/status/one", "7");
	check_report(&pod, &arena, &report);
	check_int(report.state, POD_EXITED);
	check_int(report.pid, 83);
	check_true(report.created_ns != 0 && report.started_ns != 0);
	check_uint(report.n_apps, 2);
	check_text(report.apps[0].name, "one");
	check_text(report.apps[0].image, "example.com/app:v1");
	check_text(report.apps[0].mounts[0].source, "/srv");
	check_true(report.apps[0].mounts[0].read_only);
	check_true(report.apps[0].has_ended && !report.apps[1].has_ended);
	check_int(report.apps[0].exit_status, 7);
	check_uint(report.networks->array.n, 1);
}

TEST(a_broken_pod_is_still_reported)
{
	static const char *const manifests[] = {
		"",
		"{",
		"[]",
		"7",
		"{\"apps\":7}",
		"{\"apps\":[7,{},{\"name\":\"../x\"}]}",
		"{\"apps\":[{\"name\":\"a\",\"image\":7,\"mounts\":[7]}],\"volumes\":[7]}",
	};
	auto_pods_fixture struct pods_fixture fixture;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(manifests); i++) {
		auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
		auto_arena struct arena arena = { 0 };
		struct pod_report report;

		check_ok(pod_create(&fixture.pods, &pod, &err), &err);
		check_ok(pod_move(&fixture.pods, &pod, POD_HOME_RUN, &err), &err);
		pod_unlock(&pod);
		put_file(pod.fd, "pod", manifests[i]);
		put_file(pod.fd, "net-info.json", "{}");
		put_file(pod.fd, "pid", "99999999999999");
		check_report(&pod, &arena, &report);
		check_int(report.state, POD_EXITED);
		check_int(report.pid, -1);
		check_true(report.networks == NULL && report.n_apps <= 1);
	}
}

TEST(links_and_pipes_in_a_pod_are_not_followed)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_arena struct arena arena = { 0 };
	struct pod_report report;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_ok(pod_move(&fixture.pods, &pod, POD_HOME_RUN, &err), &err);
	pod_unlock(&pod);
	put_file(fixture.data.dir, "outside", "[{\"netName\":\"outside\"}]");
	check_int(symlinkat("../../../outside", pod.fd, "net-info.json"), 0);
	check_int(mknodat(pod.fd, "pid", S_IFIFO | 0600, 0), 0);
	check_report(&pod, &arena, &report);
	check_true(report.networks == NULL);
	check_int(report.pid, -1);
}

TEST(a_short_report_names_the_same_apps_and_images)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_arena struct arena arena = { 0 };
	struct pod_report whole, brief;
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	pod_unlock(&pod);
	check_report(&pod, &arena, &whole);
	check_ok(pod_report_read(&pod, POD_REPORT_SHORT, &arena, &brief, &err), &err);
	check_uint(brief.n_apps, whole.n_apps);
	for (size_t i = 0; i < whole.n_apps; i++) {
		check_text(brief.apps[i].name, whole.apps[i].name);
		check_text(brief.apps[i].image, whole.apps[i].image);
		check_text(brief.apps[i].image_id, whole.apps[i].image_id);
	}
}

static int scan(struct arena *arena, const char *text, struct pod_report_app **ret, size_t *ret_n)
{
	return pod_manifest_scan(arena, text, ret, ret_n);
}

TEST(the_quick_scan_leaves_what_is_unusual_to_the_reader)
{
	static const char *const texts[] = {
		"",
		"{",
		"[",
		"{\"apps\":7}",
		"{\"apps\":[{\"name\":\"a\\u0062\"}]}",
		"{\"apps\":[{\"name\":\"../x\"}]}",
		"{\"apps\":[{\"image\":{\"id\":\"x\"}}]}",
		"{\"apps\":[{\"name\":\"a\"",
		"{\"x\":\"\\",
		"{\"x\":\"unfinished",
		"{\"x\":{{{{\"apps\":[",
	};
	auto_arena struct arena arena = { 0 };
	struct pod_report_app *apps;
	size_t n;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		ck_assert_msg(scan(&arena, texts[i], &apps, &n) == 0, "%s", texts[i]);
	check_int(scan(&arena,
		       "{ \"x\": [\"}\\\"\", {\"apps\": 1}], \"apps\" : [ { \"app\":{}, "
		       "\"name\":\"a\" } ] }",
		       &apps, &n),
		  1);
	check_uint(n, 1);
	check_text(apps[0].name, "a");
}
