/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/disk_source.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"
#include "common/mount/mount_tree.h"
#include "common/mount/root_defaults.h"
#include "common/mount/root_switch.h"

/* Over the tree hangs a tmpfs, and in it what is written, and both together. */
#define TREE    "rootfs"
#define WRITTEN TREE "/written"
#define BOTH    TREE "/both"

static struct timespec time_of_all[2];

static int set_time(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return utimensat(AT_FDCWD, path, time_of_all, AT_SYMLINK_NOFOLLOW);
}

/* Whatever is there was added, or is a directory in which something was. */
static int set_times(const struct stat *root, struct error *err)
{
	time_of_all[0] = time_of_all[1] = root->st_mtim;
	if (nftw(WRITTEN, set_time, 8, FTW_PHYS | FTW_DEPTH) != 0)
		return error_from_errno(err, "setting times");
	return 0;
}

static int hang_tmpfs(struct error *err)
{
	static const struct mount_tree_tmpfs wanted = { .mode = 0700 };
	auto_close int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	int r;

	if (here < 0)
		return error_from_errno(err, "opening .");
	r = mount_tree_tmpfs(&wanted, &tree, err);
	return r < 0 ? r : mount_tree_attach(tree, here, TREE, err);
}

static int make_directory(const char *path, int *ret_fd, struct error *err)
{
	if (mkdir(path, 0755) < 0)
		return error_from_errno(err, "making %s", path);
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? error_from_errno(err, "opening %s", path) : 0;
}

/* An overlay's root looks as its upper directory does. */
static int copy_root(const struct stat *root, struct error *err)
{
	if (chown(WRITTEN, root->st_uid, root->st_gid) < 0 ||
	    chmod(WRITTEN, root->st_mode & 07777) < 0)
		return error_from_errno(err, "preparing " WRITTEN);
	return 0;
}

/* The pod's name is shown over it. */
static int add_hostname(int root_fd, struct error *err)
{
	static const struct path_owner owner = { .mode = 0644 };
	auto_close int file = FD_NONE;

	return path_make_file(root_fd, "/etc/hostname", &owner, &file, err);
}

static int hang_both(int tree, int written, int work, int both, struct error *err)
{
	const struct mount_tree_overlay wanted = {
		.lower = &tree, .n_lower = 1, .upper = written, .work = work
	};
	auto_close int overlay = FD_NONE;
	int r = mount_tree_overlay(&wanted, &overlay, err);

	if (r == 0)
		r = mount_tree_attach(overlay, both, "", err);
	if (r == 0)
		r = root_defaults_make(overlay, err);
	return r < 0 ? r : add_hostname(overlay, err);
}

static int lay_over(int tree, const struct stat *root, struct error *err)
{
	auto_close int written = FD_NONE, work = FD_NONE, both = FD_NONE;
	int r = hang_tmpfs(err);

	if (r == 0)
		r = make_directory(WRITTEN, &written, err);
	if (r == 0)
		r = make_directory(TREE "/work", &work, err);
	if (r == 0)
		r = make_directory(BOTH, &both, err);
	if (r == 0)
		r = copy_root(root, err);
	if (r == 0)
		r = hang_both(tree, written, work, both, err);
	return r < 0 ? r : set_times(root, err);
}

int disk_source_make(const char **ret_path, struct error *err)
{
	auto_close int tree = FD_NONE;
	struct stat root;
	int r;

	*ret_path = TREE;
	/* Only "." follows into a new namespace. */
	if (unshare(CLONE_NEWNS) < 0)
		return error_from_errno(err, "making a mount namespace");
	r = root_switch_isolate(MOUNT_TREE_PRIVATE, err);
	if (r < 0)
		return r;
	tree = open(TREE, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tree < 0 || fstat(tree, &root) < 0)
		return error_from_errno(err, "opening " TREE);
	r = lay_over(tree, &root, err);
	if (r == 0)
		*ret_path = BOTH;
	else
		(void)umount2(TREE, MNT_DETACH);
	return r;
}
