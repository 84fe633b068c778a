/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/kernel/path_in_root.h"
#include "common/kernel/tree_copy.h"
#include "common/manifest/name.h"

#define APP_PATH_SIZE (NAME_MAX + STORE_TREE_ID_SIZE + 64)

static int make_directory(int at, const char *path, mode_t mode, struct error *err)
{
	if (mkdirat(at, path, mode) < 0 && errno != EEXIST)
		return error_from_errno(err, "making %s of the pod", path);
	return 0;
}

static int write_file(int at, const char *path, const char *data, size_t length, struct error *err)
{
	auto_close int fd = openat(at, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int r;

	if (fd < 0)
		return error_from_errno(err, "making %s of the pod", path);
	r = file_write_fd(fd, data, length);
	return r < 0 ? error_set(err, -r, "writing %s of the pod: %s", path, strerror(-r)) : 0;
}

static int write_text(int at, const char *path, const char *text, struct error *err)
{
	return write_file(at, path, text, strlen(text), err);
}

/* A link costs a third of a copy; another file system, or too many links, need the copy. */
static int put_image_manifest(int pod, const char *path, const struct store_image *image,
			      struct error *err)
{
	auto_text struct text manifest = { 0 };
	int r;

	if (linkat(image->tree, "manifest", pod, path, 0) == 0)
		return 0;
	r = store_read_manifest(image, &manifest, err);
	return r < 0 ? r : write_file(pod, path, text_string(&manifest), manifest.length, err);
}

/* An overlay's root has the owner and mode of its upper directory: they must be the image's. */
static int make_upper(int pod, const char *path, const struct store_image *image, struct error *err)
{
	struct stat st;

	if (fstatat(image->tree, "rootfs", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "reading the image %s", image->id);
	if (mkdirat(pod, path, st.st_mode & 0755) < 0)
		return error_from_errno(err, "making %s of the pod", path);
	if ((st.st_uid | st.st_gid) != 0 &&
	    fchownat(pod, path, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "giving %s of the pod to its owner", path);
	if ((st.st_mode & 07777) != (st.st_mode & 0755) &&
	    fchmodat(pod, path, st.st_mode & 07777, 0) < 0)
		return error_from_errno(err, "setting the mode of %s of the pod", path);
	return 0;
}

static int copy_tree(const struct store_image *image, int at, const char *parent, const char *name,
		     struct error *err)
{
	auto_close int to = openat(at, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (to < 0)
		return error_from_errno(err, "opening %s of the pod", parent);
	r = tree_copy(image->tree, "rootfs", to, name, err);
	return r < 0 ? error_prefix(err, "copying the image %s", image->id) : 0;
}

/* The layers of the stage1's overlay, and in the upper one what all apps share. */
static int make_stage1_layers(int pod, const struct store_image *image, struct error *err)
{
	static const char *const parts[] = { "/work", "/upper/opt", "/upper/opt/stage2" };
	char path[APP_PATH_SIZE];
	int r = make_directory(pod, "overlay", 0750, err);

	(void)snprintf(path, sizeof(path), "overlay/%s", image->tree_id);
	if (r == 0)
		r = make_directory(pod, path, 0750, err);
	(void)snprintf(path, sizeof(path), "overlay/%s/upper", image->tree_id);
	if (r == 0)
		r = make_upper(pod, path, image, err);
	for (size_t i = 0; i < ARRAY_LENGTH(parts) && r == 0; i++) {
		(void)snprintf(path, sizeof(path), "overlay/%s%s", image->tree_id, parts[i]);
		r = make_directory(pod, path, 0755, err);
	}
	return r;
}

static int write_stage1(int pod, const struct pod_files *files, enum pod_stage1_root root,
			struct error *err)
{
	const struct store_image *image = files->stage1.image;
	/* Copies have the images' programs in them, set-id ones as well: no way there for a group.
	 */
	int r = make_directory(pod, "stage1", root == POD_STAGE1_COPY ? 0700 : 0750, err);

	store_mark_used(image);

	if (r == 0)
		r = put_image_manifest(pod, "stage1/manifest", image, err);
	if (r < 0)
		return r;
	if (root == POD_STAGE1_COPY)
		return copy_tree(image, pod, "stage1", "rootfs", err);
	r = write_text(pod, "stage1TreeStoreID", image->tree_id, err);
	if (r == 0)
		r = make_directory(pod, "stage1/rootfs", 0755, err);
	if (r < 0)
		return r;
	if (root == POD_STAGE1_READ_ONLY)
		return make_directory(pod, "stage1/rootfs/rkt", 0755, err);
	return make_stage1_layers(pod, image, err);
}

/* appsinfo/APP: what gc and enter look up, and the layers of the app's overlay. */
static int write_app_info(int pod, const struct pod_image *app, enum pod_stage1_root root,
			  struct error *err)
{
	char path[NAME_MAX + 64];
	int r;

	(void)snprintf(path, sizeof(path), "appsinfo/%s", app->app);
	r = make_directory(pod, path, 0750, err);
	(void)snprintf(path, sizeof(path), "appsinfo/%s/manifest", app->app);
	if (r == 0)
		r = put_image_manifest(pod, path, app->image, err);
	if (r < 0 || root == POD_STAGE1_COPY)
		return r;
	(void)snprintf(path, sizeof(path), "appsinfo/%s/treeStoreID", app->app);
	r = write_text(pod, path, app->image->tree_id, err);
	(void)snprintf(path, sizeof(path), "appsinfo/%s/upper", app->app);
	if (r == 0)
		r = make_upper(pod, path, app->image, err);
	(void)snprintf(path, sizeof(path), "appsinfo/%s/work", app->app);
	return r < 0 ? r : make_directory(pod, path, 0700, err);
}

/* opt/stage2/APP of the stage1's root, where a stage1 finds manifest and rootfs of an app. */
static int open_app_place(int pod, const struct pod_files *files, const char *app, int *ret_fd,
			  struct error *err)
{
	static const struct path_owner owner = { .mode = 0755 };
	char path[APP_PATH_SIZE + sizeof("overlay//upper/opt/stage2/")];
	auto_close int root = FD_NONE;
	int r;

	if (files->stage1_root == POD_STAGE1_COPY) { /* a copy may have anything at /opt */
		(void)snprintf(path, sizeof(path), "opt/stage2/%s", app);
		root = openat(pod, "stage1/rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			return error_from_errno(err, "opening the copy of the stage1");
		return path_make_directory(root, path, &owner, ret_fd, err);
	}
	(void)snprintf(path, sizeof(path), "overlay/%s/upper/opt/stage2/%s",
		       files->stage1.image->tree_id, app);
	r = make_directory(pod, path, 0755, err);
	if (r < 0)
		return r;
	*ret_fd = openat(pod, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd < 0 ? error_from_errno(err, "opening %s of the pod", path) : 0;
}

static int write_app(int pod, const struct pod_files *files, enum pod_stage1_root root,
		     const struct pod_image *app, struct error *err)
{
	auto_close int place = FD_NONE;
	char path[NAME_MAX + 64];
	int r = write_app_info(pod, app, root, err);

	if (r < 0)
		return r;
	store_mark_used(app->image);
	if (root == POD_STAGE1_READ_ONLY) {
		(void)snprintf(path, sizeof(path), "appsinfo/%s/rootfs", app->app);
		return make_directory(pod, path, 0755, err);
	}
	r = open_app_place(pod, files, app->app, &place, err);
	if (r == 0)
		r = put_image_manifest(place, "manifest", app->image, err);
	if (r < 0)
		return r;
	if (root == POD_STAGE1_COPY)
		return copy_tree(app->image, place, ".", "rootfs", err);
	return make_directory(place, "rootfs", 0755, err);
}

/* A stage1 that claims to be read-only but lacks the places to mount on gets an overlay. */
static enum pod_stage1_root choose_root(const struct pod_files *files)
{
	int tree = files->stage1.image->tree;

	if (files->stage1_root == POD_STAGE1_READ_ONLY &&
	    (faccessat(tree, "rootfs/rkt", F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
	     faccessat(tree, "rootfs/opt/stage2", F_OK, AT_SYMLINK_NOFOLLOW) < 0))
		return POD_STAGE1_OVERLAY;
	return files->stage1_root;
}

int pod_files_write(const struct pod_dir *pod, const struct pod_files *files, struct error *err)
{
	enum pod_stage1_root root = choose_root(files);
	int r = write_text(pod->fd, "pod-created", "", err);

	if (r == 0)
		r = write_file(pod->fd, "pod", files->manifest, files->manifest_length, err);
	if (r == 0)
		r = write_stage1(pod->fd, files, root, err);
	if (r == 0)
		r = make_directory(pod->fd, "appsinfo", 0700, err); /* what apps wrote is in it */
	for (size_t i = 0; i < files->n_apps && r == 0; i++) {
		if (!name_is_ac_name(files->apps[i].app))
			return error_set(err, EINVAL, "\"%s\" is not the name of an app",
					 files->apps[i].app);
		r = write_app(pod->fd, files, root, &files->apps[i], err);
	}
	return r;
}
