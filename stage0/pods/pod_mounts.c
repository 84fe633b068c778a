/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/kernel/path_in_root.h"
#include "common/manifest/name.h"
#include "common/mount/mount_tree.h"
#include "common/mount/root_switch.h"

#define LAYER_PATH_SIZE (STORE_TREE_ID_SIZE + NAME_MAX + sizeof("overlay//upper/"))

int pod_mounts_enter(struct error *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return error_from_errno(err, "unsharing the mount namespace");
	return root_switch_isolate(MOUNT_TREE_SLAVE, err);
}

static int read_tree_id(int pod, const char *path, char ret[static STORE_TREE_ID_SIZE],
			struct error *err)
{
	auto_text struct text content = { 0 };
	int r = file_read_at(pod, path, STORE_TREE_ID_SIZE, &content, err);

	if (r < 0)
		return r;
	if (!store_tree_id_is_valid(text_string(&content)))
		return error_set(err, EINVAL, "%s of the pod is not the id of a tree", path);
	(void)snprintf(ret, STORE_TREE_ID_SIZE, "%s", content.data);
	return 0;
}

static int open_directory(int at, const char *path, int *ret_fd, struct error *err)
{
	int fd = openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	*ret_fd = fd;
	return 0;
}

/*
 * A pod that has run left the mark of a volatile overlay, which must not be mounted
 * again lest lost writes go unnoticed.  Here only the stage1's clean-up looks at it.
 */
static void forgive_volatile(int work)
{
	(void)unlinkat(work, "work/incompat/volatile", AT_REMOVEDIR);
}

/* app: NULL for the stage1 itself. */
static int mount_layer(const struct pod_dir *pod, const struct store *store, const char *tree_id,
		       const char *app, int *ret_tree, struct error *err)
{
	auto_close int tree = FD_NONE, lower = FD_NONE, upper = FD_NONE, work = FD_NONE;
	const char *slash = app == NULL ? "" : "/", *name = app == NULL ? "" : app;
	char path[LAYER_PATH_SIZE];
	struct mount_tree_overlay overlay = {
		.lower = &lower,
		.n_lower = 1,
		.no_sync = true,
		.attr = { .no_dev = true },
	};
	int r = store_open_tree(store, tree_id, &tree, err);

	if (r == 0)
		r = open_directory(tree, "rootfs", &lower, err);
	(void)snprintf(path, sizeof(path), "overlay/%s/upper%s%s", tree_id, slash, name);
	if (r == 0)
		r = open_directory(pod->fd, path, &upper, err);
	(void)snprintf(path, sizeof(path), "overlay/%s/work%s%s", tree_id, slash, name);
	if (r == 0)
		r = open_directory(pod->fd, path, &work, err);
	if (r < 0)
		return r;
	if (pod->home != POD_HOME_RUN && pod->home != POD_HOME_PREPARE)
		forgive_volatile(work);
	overlay.upper = upper;
	overlay.work = work;
	return mount_tree_overlay(&overlay, ret_tree, err);
}

static int mount_stage1(const struct pod_dir *pod, const struct store *store, int *ret_root,
			struct error *err)
{
	auto_close int root = FD_NONE, stage1 = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	int r = read_tree_id(pod->fd, "stage1TreeStoreID", tree_id, err);

	if (r == 0)
		r = mount_layer(pod, store, tree_id, NULL, &root, err);
	if (r == 0)
		r = open_directory(pod->fd, "stage1", &stage1, err);
	if (r == 0)
		r = mount_tree_attach(root, stage1, "rootfs", err);
	if (r < 0)
		return r;
	*ret_root = take_fd(&root);
	return 0;
}

static int mount_app(const struct pod_dir *pod, const struct store *store, int stage1_root,
		     const char *app, struct error *err)
{
	auto_close int root = FD_NONE, place = FD_NONE;
	char path[NAME_MAX + sizeof("appsinfo//treeStoreID")];
	char tree_id[STORE_TREE_ID_SIZE];
	int r;

	(void)snprintf(path, sizeof(path), "appsinfo/%s/treeStoreID", app);
	r = read_tree_id(pod->fd, path, tree_id, err);
	if (r == 0)
		r = mount_layer(pod, store, tree_id, app, &root, err);
	(void)snprintf(path, sizeof(path), "opt/stage2/%s", app);
	if (r == 0)
		r = path_open(stage1_root, path, O_PATH | O_DIRECTORY, &place, err);
	return r < 0 ? r : mount_tree_attach(root, place, "rootfs", err);
}

static int mount_apps(const struct pod_dir *pod, const struct store *store, int stage1_root,
		      struct error *err)
{
	int fd = openat(pod->fd, "appsinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		r = error_from_errno(err, "reading appsinfo of the pod");
		cleanup_close(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (!name_is_ac_name(entry->d_name))
			continue;
		r = mount_app(pod, store, stage1_root, entry->d_name, err);
		if (r < 0)
			r = error_prefix(err, "mounting the root of %s", entry->d_name);
	}
	(void)closedir(dir);
	return r;
}

static bool has_overlay(const struct pod_dir *pod)
{
	return faccessat(pod->fd, "overlay-prepared", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int pod_mounts_make(const struct pod_dir *pod, const struct store *store, struct error *err)
{
	auto_close int stage1_root = FD_NONE;
	int r;

	if (!has_overlay(pod))
		return 0;
	r = mount_stage1(pod, store, &stage1_root, err);
	if (r < 0)
		return error_prefix(err, "mounting the stage1");
	return mount_apps(pod, store, stage1_root, err);
}

/* What the stage1 wrote, over the empty or missing /rkt of its image. */
static int show_results(const struct pod_dir *pod, const char *tree_id, int root, struct error *err)
{
	auto_close int upper = FD_NONE, results = FD_NONE;
	char path[LAYER_PATH_SIZE + sizeof("/rkt")];
	int r;

	(void)snprintf(path, sizeof(path), "overlay/%s/upper/rkt", tree_id);
	upper = openat(pod->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (upper < 0 || faccessat(root, "rkt", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	r = mount_tree_clone(upper, MOUNT_TREE_TOP, &results, err);
	return r < 0 ? r : mount_tree_attach(results, root, "rkt", err);
}

int pod_mounts_view(const struct pod_dir *pod, const struct store *store, struct error *err)
{
	static const struct mount_tree_attr attr = { .read_only = true, .no_dev = true };
	auto_close int tree = FD_NONE, lower = FD_NONE, root = FD_NONE, stage1 = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	int r;

	if (!has_overlay(pod))
		return 0;
	r = read_tree_id(pod->fd, "stage1TreeStoreID", tree_id, err);
	if (r == 0)
		r = store_open_tree(store, tree_id, &tree, err);
	if (r == 0)
		r = open_directory(tree, "rootfs", &lower, err);
	if (r == 0)
		r = mount_tree_clone(lower, MOUNT_TREE_TOP, &root, err);
	if (r == 0)
		r = mount_tree_restrict(root, &attr, MOUNT_TREE_TOP, err);
	if (r == 0)
		r = open_directory(pod->fd, "stage1", &stage1, err);
	if (r == 0)
		r = mount_tree_attach(root, stage1, "rootfs", err);
	if (r == 0)
		r = show_results(pod, tree_id, root, err);
	return r < 0 ? error_prefix(err, "mounting the stage1") : 0;
}
