/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pods/pods_fixture.h"

static void check_common(const struct pods_fixture *fixture, const struct pod_dir *pod)
{
	check_content(pod->fd, "stage1/manifest", "example.com/stage1");
	check_content(pod->fd, "stage1TreeStoreID", fixture->stage1.tree_id);
	check_content(pod->fd, "appsinfo/one/manifest", "example.com/app");
	check_content(pod->fd, "appsinfo/two/treeStoreID", fixture->app.tree_id);
	check_true(has(pod, "pod") && has(pod, "pod-created"));
}

TEST(an_overlay_stage1_finds_its_apps_in_its_upper_directory)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	char path[256];

	pods_fixture_begin(&fixture);
	make_pod(&fixture, POD_STAGE1_OVERLAY, &pod);
	check_common(&fixture, &pod);
	(void)snprintf(path, sizeof(path), "overlay/%s/upper/opt/stage2/one/manifest",
		       fixture.stage1.tree_id);
	check_content(pod.fd, path, "example.com/app");
	check_true(!has(&pod, "stage1/rootfs/rkt"));
}

TEST(a_read_only_stage1_needs_no_layers)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

	pods_fixture_begin(&fixture);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	check_common(&fixture, &pod);
	check_true(has(&pod, "stage1/rootfs/rkt") && has(&pod, "appsinfo/two/rootfs"));
	check_true(!has(&pod, "overlay"));
}

TEST(a_read_only_stage1_without_the_places_to_mount_on_gets_layers)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

	pods_fixture_begin(&fixture);
	check_int(unlinkat(fixture.stage1.tree, "rootfs/rkt", AT_REMOVEDIR), 0);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	check_common(&fixture, &pod);
	check_true(has(&pod, "overlay") && !has(&pod, "stage1/rootfs/rkt"));
}

TEST(a_pod_of_copies_needs_no_store)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

	test_need_root();
	pods_fixture_begin(&fixture);
	make_pod(&fixture, POD_STAGE1_COPY, &pod);
	check_content(pod.fd, "stage1/rootfs/run", "program of the stage1");
	check_content(pod.fd, "stage1/rootfs/opt/stage2/one/rootfs/file", "file of the app");
	check_content(pod.fd, "stage1/rootfs/opt/stage2/two/manifest", "example.com/app");
	check_true(!has(&pod, "stage1TreeStoreID") && !has(&pod, "appsinfo/one/treeStoreID"));
}

TEST(a_copied_stage1_cannot_lead_the_copies_of_apps_out_of_the_pod)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	char victim[96];

	test_need_root();
	pods_fixture_begin(&fixture);
	check_int(mkdirat(fixture.data.dir, "victim", 0755), 0);
	(void)snprintf(victim, sizeof(victim), "%s/victim", fixture.data.path);
	check_int(unlinkat(fixture.stage1.tree, "rootfs/opt/stage2", AT_REMOVEDIR), 0);
	check_int(unlinkat(fixture.stage1.tree, "rootfs/opt", AT_REMOVEDIR), 0);
	check_int(symlinkat(victim, fixture.stage1.tree, "rootfs/opt"), 0);
	make_pod(&fixture, POD_STAGE1_COPY, &pod);
	check_true(!is_there(&fixture.data, "victim/stage2"));
}

TEST(the_root_of_an_app_has_the_mode_and_owner_of_its_image)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct stat st;

	test_need_root();
	pods_fixture_begin(&fixture);
	check_int(fchownat(fixture.app.tree, "rootfs", 7, 8, 0), 0);
	check_int(fchmodat(fixture.app.tree, "rootfs", 01777, 0), 0);
	make_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	check_int(fstatat(pod.fd, "appsinfo/one/upper", &st, 0), 0);
	check_uint(st.st_mode & 07777, 01777);
	check_uint(st.st_uid, 7);
	check_uint(st.st_gid, 8);
}

TEST(an_app_name_that_is_a_path_is_refused)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	const struct pod_image app = { "../x", &fixture.app };
	const struct pod_files files = {
		.manifest = "{}",
		.manifest_length = 2,
		.stage1 = { NULL, &fixture.stage1 },
		.apps = &app,
		.n_apps = 1,
	};
	struct error err = { 0 };

	pods_fixture_begin(&fixture);
	check_ok(pod_create(&fixture.pods, &pod, &err), &err);
	check_int(pod_files_write(&pod, &files, &err), -EINVAL);
	check_contains(err.text, "../x");
}
