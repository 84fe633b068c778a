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

/* On disk, below the place where a read-only stage1 is mounted. */
#define RESULTS         "stage1/rootfs/rkt"

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
 * again lest lost writes go unnoticed.  The stage1's clean-up looks at it, and `start`,
 * which says so when the machine was started since.
 */
static void forgive_volatile(int work)
{
	(void)unlinkat(work, "work/incompat/volatile/dirty", 0);
	(void)unlinkat(work, "work/incompat/volatile", AT_REMOVEDIR);
}

struct layers {
	const char *tree_id;
	char upper[LAYER_PATH_SIZE]; /* below the pod's directory */
	char work[LAYER_PATH_SIZE];
};

static int open_tree_root(const struct store *store, const char *tree_id, int *ret_fd,
			  struct error *err)
{
	auto_close int tree = FD_NONE;
	int r = store_open_tree(store, tree_id, &tree, err);

	return r < 0 ? r : open_directory(tree, "rootfs", ret_fd, err);
}

static int mount_layers(const struct pod_dir *pod, const struct store *store,
			const struct layers *layers, int *ret_tree, struct error *err)
{
	auto_close int lower = FD_NONE, upper = FD_NONE, work = FD_NONE;
	struct mount_tree_overlay overlay = {
		.lower = &lower,
		.n_lower = 1,
		.no_sync = true,
		.attr = { .no_dev = true },
	};
	int r = open_tree_root(store, layers->tree_id, &lower, err);

	if (r == 0)
		r = open_directory(pod->fd, layers->upper, &upper, err);
	if (r == 0)
		r = open_directory(pod->fd, layers->work, &work, err);
	if (r < 0)
		return r;
	forgive_volatile(work);
	overlay.upper = upper;
	overlay.work = work;
	return mount_tree_overlay(&overlay, ret_tree, err);
}

/* A copy of what is at path below dir_fd, on the directory name below to. */
static int show_directory(int dir_fd, const char *path, int to, const char *name, struct error *err)
{
	auto_close int from = FD_NONE, tree = FD_NONE;
	int r = open_directory(dir_fd, path, &from, err);

	if (r == 0)
		r = mount_tree_clone(from, MOUNT_TREE_TOP, &tree, err);
	return r < 0 ? r : mount_tree_attach(tree, to, name, err);
}

/* A read-only view of the stage1's tree. */
static int clone_stage1(const struct store *store, const char *tree_id, int *ret_root,
			struct error *err)
{
	static const struct mount_tree_attr attr = { .read_only = true, .no_dev = true };
	auto_close int lower = FD_NONE, root = FD_NONE;
	int r = open_tree_root(store, tree_id, &lower, err);

	if (r == 0)
		r = mount_tree_clone(lower, MOUNT_TREE_TOP, &root, err);
	if (r == 0)
		r = mount_tree_restrict(root, &attr, MOUNT_TREE_TOP, err);
	if (r < 0)
		return r;
	*ret_root = take_fd(&root);
	return 0;
}

/* In its place, with the pod's own results at /rkt if there are any. */
static int show_stage1(const struct pod_dir *pod, int root, const char *results, struct error *err)
{
	auto_close int stage1 = FD_NONE, rkt = FD_NONE, written = FD_NONE;
	int r = open_directory(pod->fd, "stage1", &stage1, err);

	if (r < 0)
		return r;
	/* Before the stage1 covers it. */
	rkt = openat(pod->fd, results, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (rkt >= 0)
		r = mount_tree_clone(rkt, MOUNT_TREE_TOP, &written, err);
	if (r == 0)
		r = mount_tree_attach(root, stage1, "rootfs", err);
	if (r == 0 && rkt >= 0 && faccessat(root, "rkt", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = mount_tree_attach(written, root, "rkt", err);
	return r;
}

/* The stage1 and what becomes its opt/stage2. */
static int mount_read_only_stage1(const struct pod_dir *pod, const struct store *store,
				  const char *tree_id, int *ret_root, struct error *err)
{
	auto_close int root = FD_NONE, opt = FD_NONE;
	int r = clone_stage1(store, tree_id, &root, err);

	if (r == 0)
		r = show_stage1(pod, root, RESULTS, err);
	if (r == 0)
		r = path_open(root, "opt", O_PATH | O_DIRECTORY, &opt, err);
	if (r == 0)
		r = show_directory(pod->fd, "appsinfo", opt, "stage2", err);
	if (r < 0)
		return r;
	*ret_root = take_fd(&root);
	return 0;
}

static int mount_overlay_stage1(const struct pod_dir *pod, const struct store *store,
				const char *tree_id, int *ret_root, struct error *err)
{
	auto_close int root = FD_NONE, stage1 = FD_NONE;
	struct layers layers = { .tree_id = tree_id };
	int r;

	(void)snprintf(layers.upper, sizeof(layers.upper), "overlay/%s/upper", tree_id);
	(void)snprintf(layers.work, sizeof(layers.work), "overlay/%s/work", tree_id);
	r = mount_layers(pod, store, &layers, &root, err);
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
	char path[NAME_MAX + sizeof("appsinfo//treeStoreID")], tree_id[STORE_TREE_ID_SIZE];
	struct layers layers = { .tree_id = tree_id };
	int r;

	(void)snprintf(path, sizeof(path), "appsinfo/%s/treeStoreID", app);
	(void)snprintf(layers.upper, sizeof(layers.upper), "appsinfo/%s/upper", app);
	(void)snprintf(layers.work, sizeof(layers.work), "appsinfo/%s/work", app);
	r = read_tree_id(pod->fd, path, tree_id, err);
	if (r == 0)
		r = mount_layers(pod, store, &layers, &root, err);
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

/* 1: the id is there, 0: the pod has copies. */
static int read_stage1_tree(const struct pod_dir *pod, char ret[static STORE_TREE_ID_SIZE],
			    struct error *err)
{
	struct error mine = { 0 };
	int r = read_tree_id(pod->fd, "stage1TreeStoreID", ret, &mine);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_set(err, mine.code, "%s", mine.text) : 1;
}

static bool has_read_only_stage1(const struct pod_dir *pod)
{
	return faccessat(pod->fd, RESULTS, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int pod_mounts_make(const struct pod_dir *pod, const struct store *store, struct error *err)
{
	auto_close int root = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	int r = read_stage1_tree(pod, tree_id, err);

	if (r <= 0)
		return r;
	if (has_read_only_stage1(pod))
		r = mount_read_only_stage1(pod, store, tree_id, &root, err);
	else
		r = mount_overlay_stage1(pod, store, tree_id, &root, err);
	return r < 0 ? error_prefix(err, "mounting the stage1") : mount_apps(pod, store, root, err);
}

int pod_mounts_view(const struct pod_dir *pod, const struct store *store, struct error *err)
{
	auto_close int root = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE], results[LAYER_PATH_SIZE + sizeof("/rkt")] = RESULTS;
	int r = read_stage1_tree(pod, tree_id, err);

	if (r <= 0)
		return r;
	if (!has_read_only_stage1(pod))
		(void)snprintf(results, sizeof(results), "overlay/%s/upper/rkt", tree_id);
	r = clone_stage1(store, tree_id, &root, err);
	if (r == 0)
		r = show_stage1(pod, root, results, err);
	return r < 0 ? error_prefix(err, "mounting the stage1") : 0;
}

/* The app's own layer lies on top; a work directory is for writers only. */
static int show_layers(const struct pod_dir *pod, const struct store *store, const char *app,
		       int *ret_tree, struct error *err)
{
	auto_close int upper = FD_NONE, lower = FD_NONE;
	char path[NAME_MAX + sizeof("appsinfo//treeStoreID")], tree_id[STORE_TREE_ID_SIZE];
	int layers[2], r;

	(void)snprintf(path, sizeof(path), "appsinfo/%s/treeStoreID", app);
	r = read_tree_id(pod->fd, path, tree_id, err);
	if (r == 0)
		r = open_tree_root(store, tree_id, &lower, err);
	(void)snprintf(path, sizeof(path), "appsinfo/%s/upper", app);
	if (r == 0)
		r = open_directory(pod->fd, path, &upper, err);
	if (r < 0)
		return r;
	layers[0] = upper;
	layers[1] = lower;
	return mount_tree_overlay(
	    &(const struct mount_tree_overlay){ .lower = layers,
						.n_lower = 2,
						.upper = FD_NONE,
						.work = FD_NONE,
						.attr = { .read_only = true, .no_dev = true } },
	    ret_tree, err);
}

int pod_mounts_open_app(const struct pod_dir *pod, const struct store *store, const char *app,
			int *ret_root, struct error *err)
{
	auto_close int tree = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	char path[NAME_MAX + sizeof("stage1/rootfs/opt/stage2//rootfs")];
	int r = read_stage1_tree(pod, tree_id, err);

	if (r < 0)
		return r;
	if (r == 0) {
		(void)snprintf(path, sizeof(path), "stage1/rootfs/opt/stage2/%s/rootfs", app);
		return path_open(pod->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, ret_root, err);
	}
	r = show_layers(pod, store, app, &tree, err);
	return r < 0 ? r : path_open(tree, ".", O_RDONLY | O_DIRECTORY, ret_root, err);
}
