/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_mounts.h"
#include "stage0/pods/pod_collect.h"

#include <sys/mount.h>

#include "tests/unit/pods/pods_fixture.h"

/* Everything is opened in the namespace it is mounted in. */
static void begin(struct pods_fixture *fixture)
{
	struct error err = { 0 };

	test_need_root();
	check_ok(pod_mounts_enter(&err), &err);
	pods_fixture_begin(fixture);
}

static void run_pod(struct pods_fixture *fixture, enum pod_stage1_root root, struct pod_dir *pod)
{
	struct error err = { 0 };

	make_pod(fixture, root, pod);
	check_ok(pod_move(&fixture->pods, pod, POD_HOME_RUN, &err), &err);
	check_ok(pod_mounts_make(pod, &fixture->data.store, &err), &err);
}

static void unmount(const struct pods_fixture *fixture, const struct pod_dir *pod)
{
	char place[POD_PATH_SIZE], path[256];

	pod_path(pod, place);
	(void)snprintf(path, sizeof(path), "%s/%s/stage1/rootfs", fixture->data.path, place);
	check_int(umount2(path, MNT_DETACH), 0);
}

static void check_mounts(const struct pods_fixture *fixture, const struct pod_dir *pod)
{
	check_content(pod->fd, "stage1/rootfs/run", "program of the stage1");
	check_content(pod->fd, "stage1/rootfs/opt/stage2/one/manifest", "example.com/app");
	check_content(pod->fd, "stage1/rootfs/opt/stage2/one/rootfs/file", "file of the app");
	/* Each app writes to its own. */
	put_file(pod->fd, "stage1/rootfs/opt/stage2/one/rootfs/new", "x");
	check_true(!has(pod, "stage1/rootfs/opt/stage2/two/rootfs/new"));
	check_true(faccessat(fixture->app.tree, "rootfs/new", F_OK, 0) < 0);
	put_file(pod->fd, "stage1/rootfs/rkt/result", "x");
	check_true(faccessat(fixture->stage1.tree, "rootfs/rkt/result", F_OK, 0) < 0);
}

TEST(an_overlay_stage1_is_mounted_with_its_apps_and_may_write_anywhere)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

	begin(&fixture);
	run_pod(&fixture, POD_STAGE1_OVERLAY, &pod);
	check_mounts(&fixture, &pod);
	put_file(pod.fd, "stage1/rootfs/anything", "x");
	check_true(faccessat(fixture.stage1.tree, "rootfs/anything", F_OK, 0) < 0);
	unmount(&fixture, &pod);
}

TEST(a_read_only_stage1_writes_its_results_and_nothing_else)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

	begin(&fixture);
	run_pod(&fixture, POD_STAGE1_READ_ONLY, &pod);
	check_mounts(&fixture, &pod);
	check_true(openat(pod.fd, "stage1/rootfs/anything", O_WRONLY | O_CREAT, 0644) < 0);
	check_int(errno, EROFS);
	unmount(&fixture, &pod);
	/* Seen from outside without any mount. */
	check_content(pod.fd, "stage1/rootfs/rkt/result", "x");
}

TEST(an_ended_pod_is_mounted_again_for_its_clean_up)
{
	static const enum pod_stage1_root roots[] = { POD_STAGE1_OVERLAY, POD_STAGE1_READ_ONLY };
	auto_pods_fixture struct pods_fixture fixture;
	struct error err = { 0 };

	begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(roots); i++) {
		auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

		run_pod(&fixture, roots[i], &pod);
		put_file(pod.fd, "stage1/rootfs/rkt/result", "y");
		put_file(pod.fd, "stage1/rootfs/opt/stage2/two/rootfs/left", "z");
		unmount(&fixture, &pod);
		check_ok(pod_move(&fixture.pods, &pod, POD_HOME_EXITED_GARBAGE, &err), &err);
		check_ok(pod_mounts_make(&pod, &fixture.data.store, &err), &err);
		check_content(pod.fd, "stage1/rootfs/rkt/result", "y");
		check_content(pod.fd, "stage1/rootfs/opt/stage2/two/rootfs/left", "z");
		unmount(&fixture, &pod);
	}
}

TEST(a_pod_that_runs_elsewhere_can_be_looked_at)
{
	static const enum pod_stage1_root roots[] = { POD_STAGE1_OVERLAY, POD_STAGE1_READ_ONLY };
	auto_pods_fixture struct pods_fixture fixture;
	struct error err = { 0 };

	begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(roots); i++) {
		auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

		run_pod(&fixture, roots[i], &pod);
		put_file(pod.fd, "stage1/rootfs/rkt/result", "y");
		/* Over it, as in a namespace that has no mount of the pod. */
		check_ok(pod_mounts_view(&pod, &fixture.data.store, &err), &err);
		check_content(pod.fd, "stage1/rootfs/run", "program of the stage1");
		unmount(&fixture, &pod);
		unmount(&fixture, &pod);
		check_ok(pod_mounts_view(&pod, &fixture.data.store, &err), &err);
		check_content(pod.fd, "stage1/rootfs/rkt/result", "y");
		check_true(openat(pod.fd, "stage1/rootfs/run", O_WRONLY) < 0);
		unmount(&fixture, &pod);
	}
}

TEST(a_pod_with_a_strange_tree_id_is_refused)
{
	auto_pods_fixture struct pods_fixture fixture;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error err = { 0 };

	begin(&fixture);
	make_pod(&fixture, POD_STAGE1_OVERLAY, &pod);
	check_int(unlinkat(pod.fd, "stage1TreeStoreID", 0), 0);
	put_file(pod.fd, "stage1TreeStoreID", "../../../../etc");
	check_int(pod_mounts_make(&pod, &fixture.data.store, &err), -EINVAL);
	check_contains(err.text, "stage1TreeStoreID");
}

TEST(a_pod_that_could_not_be_made_leaves_nothing_even_when_it_was_mounted)
{
	static const enum pod_stage1_root roots[] = { POD_STAGE1_OVERLAY, POD_STAGE1_READ_ONLY,
						      POD_STAGE1_COPY };
	auto_pods_fixture struct pods_fixture fixture;
	char place[POD_PATH_SIZE];

	begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(roots); i++) {
		auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

		run_pod(&fixture, roots[i], &pod);
		pod_discard(&fixture.pods, &pod);
		pod_path(&pod, place);
		check_int(pod.home, POD_HOME_GARBAGE);
		check_true(!is_there(&fixture.data, place));
	}
	check_true(faccessat(fixture.app.tree, "rootfs/file", F_OK, 0) == 0);
}
