/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/user_mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/kernel/path_in_root.h"
#include "common/manifest/name.h"
#include "common/mount/mount_tree.h"

/* Trees that two apps share must not be covered twice. */
#define MAX_TREES 1024

struct user_view {
	const struct pod_dir *pod;
	const struct store *store;
	const struct user_map *users;
	int user_namespace;
	char (*trees)[STORE_TREE_ID_SIZE];
	size_t n_trees;
};

/* Covers the directory name below parent by an idmapped view of itself. */
static int cover(const struct user_view *view, int parent, const char *name, struct error *err)
{
	auto_close int directory = FD_NONE, tree = FD_NONE;
	int r;

	directory = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (directory < 0)
		return error_from_errno(err, "opening %s", name);
	r = mount_tree_clone(directory, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_map_users(tree, view->user_namespace, MOUNT_TREE_TOP, err);
	return r < 0 ? r : mount_tree_attach(tree, parent, name, err);
}

static bool is_covered(const struct user_view *view, const char *tree_id)
{
	for (size_t i = 0; i < view->n_trees; i++)
		if (strcmp(view->trees[i], tree_id) == 0)
			return true;
	return false;
}

static int cover_tree(struct user_view *view, const char *tree_id, struct error *err)
{
	auto_close int tree = FD_NONE;
	int r;

	if (is_covered(view, tree_id))
		return 0;
	if (view->n_trees == MAX_TREES || !store_tree_id_is_valid(tree_id))
		return error_set(err, EINVAL, "\"%s\" is not the id of a tree", tree_id);
	r = store_open_tree(view->store, tree_id, &tree, err);
	if (r == 0)
		r = cover(view, tree, "rootfs", err);
	if (r == 0)
		(void)snprintf(view->trees[view->n_trees++], STORE_TREE_ID_SIZE, "%s", tree_id);
	return r;
}

/* A pod without overlays has the app's files in the stage1's copy. */
static int cover_copy(const struct user_view *view, const char *app, struct error *err)
{
	auto_close int root = FD_NONE, place = FD_NONE;
	char path[NAME_MAX + sizeof("opt/stage2/")];
	int r;

	root = openat(view->pod->fd, "stage1/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_from_errno(err, "opening the stage1's root");
	(void)snprintf(path, sizeof(path), "opt/stage2/%s", app);
	r = path_open(root, path, O_PATH | O_DIRECTORY, &place, err);
	return r < 0 ? r : cover(view, place, "rootfs", err);
}

/*
 * The upper directory is no view but really the pod's: an overlay makes files as
 * root of the host, who has no id in an idmapped view.  Its root is the app's.
 */
static int give_upper(const struct user_view *view, int infos, const char *app, struct error *err)
{
	char path[NAME_MAX + sizeof("/upper")];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/upper", app);
	if (fstatat(infos, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "reading %s of the pod", path);
	if (st.st_uid >= view->users->count || st.st_gid >= view->users->count)
		return error_set(err, EOVERFLOW,
				 "the owner of the image's root, %u:%u, is beyond the "
				 "pod's %u users",
				 st.st_uid, st.st_gid, view->users->count);
	if (fchownat(infos, path, view->users->base + st.st_uid, view->users->base + st.st_gid,
		     AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "giving %s to the pod's users", path);
	return 0;
}

static int cover_app(struct user_view *view, int infos, const char *app, struct error *err)
{
	auto_text struct text tree_id = { 0 };
	char path[NAME_MAX + sizeof("/treeStoreID")];
	struct error mine = { 0 };
	int r;

	(void)snprintf(path, sizeof(path), "%s/treeStoreID", app);
	r = file_read_at(infos, path, STORE_TREE_ID_SIZE, &tree_id, &mine);
	if (r == -ENOENT)
		return cover_copy(view, app, err);
	if (r < 0)
		return error_set(err, mine.code, "%s", mine.text);
	r = cover_tree(view, text_string(&tree_id), err);
	return r < 0 ? r : give_upper(view, infos, app, err);
}

static int cover_apps(struct user_view *view, struct error *err)
{
	auto_close int infos =
	    openat(view->pod->fd, "appsinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int listing = infos < 0 ? -1 : openat(infos, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = listing < 0 ? NULL : fdopendir(listing);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		r = error_from_errno(err, "reading appsinfo of the pod");
		cleanup_close(&listing);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (!name_is_ac_name(entry->d_name))
			continue;
		r = cover_app(view, infos, entry->d_name, err);
		if (r < 0)
			r = error_prefix(err, "giving %s users of its own", entry->d_name);
	}
	(void)closedir(dir);
	return r;
}

int user_mounts_make(const struct pod_dir *pod, const struct store *store,
		     const struct user_map *users, struct error *err)
{
	auto_close int user_namespace = FD_NONE;
	auto_arena struct arena arena = { 0 };
	struct user_view view = { .pod = pod, .store = store, .users = users };
	int r;

	view.trees = arena_alloc(&arena, MAX_TREES, sizeof(*view.trees));
	if (view.trees == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = user_map_new_namespace(users, &user_namespace, err);
	view.user_namespace = user_namespace;
	return r < 0 ? r : cover_apps(&view, err);
}
