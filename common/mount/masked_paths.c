/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/masked_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/kernel_floor.h"
#include "common/mount/mount_tree.h"

/*
 * Kernel memory and symbols, keys, log, timers and their owners, what firmware and
 * power meters tell (CVE-2020-8694), and switches of hardware.
 *
 * Of each kind, a path that every kernel has is last: it uses up the cover that the
 * ones before it left.  Dropping a mount that hangs nowhere waits for an RCU grace
 * period, which takes as long as many masks together.
 */
const char *const masked_paths_hidden[] = {
	"/proc/acpi/",
	"/proc/asound/",
	"/proc/scsi/",
	"/sys/devices/virtual/powercap/",
	"/sys/kernel/security/",
	"/sys/firmware/",
	"/proc/config.gz",
	"/proc/kallsyms",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/mem",
	"/proc/sched_debug",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/kmsg",
	NULL,
};

const char *const masked_paths_read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

/* Splits "/proc/a/b" into the root of /proc and "a/b", a name of the kernel's, not the image's. */
static int split(const struct api_file_systems_made *made, const char *path, const char **ret_rest)
{
	bool in_proc = strncmp(path, "/proc/", strlen("/proc/")) == 0;

	*ret_rest = path + strlen(in_proc ? "/proc/" : "/sys/");
	return in_proc ? made->proc : made->sys;
}

static const struct mount_tree_attr inert_read_only = {
	.read_only = true, .no_suid = true, .no_dev = true, .no_exec = true
};

/* Nothing that may be opened: as in the original, the mode itself says so, 0000. */
struct cover {
	int (*make)(const struct api_file_systems_made *made, int *ret_tree, struct error *err);
	/* A detached tree is used up by the path that exists, and kept for the next one by
	 * a path that doesn't; FD_NONE: to be made. */
	int tree;
	int attached; /* one in use, from which others are cloned */
};

/* The name of the file that covers files, in the pod's /dev while covers are made. */
static const char cover_name[] = "cover";

/* Its name goes when all is hidden: kernels as old as 6.1 attach nothing that has none. */
static int make_file_cover(const struct api_file_systems_made *made, int *ret_tree,
			   struct error *err)
{
	auto_close int tree = FD_NONE;
	int r;

	if (mknodat(made->dev, cover_name, S_IFREG, 0) < 0)
		return error_from_errno(err, "making an empty file");
	tree = open_tree(made->dev, cover_name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return kernel_floor_error(err, "open_tree", "cloning an empty file");
	r = mount_tree_restrict(tree, &inert_read_only, MOUNT_TREE_TOP, err);
	if (r < 0)
		return r;
	*ret_tree = take_fd(&tree);
	return 0;
}

static int make_directory_cover(const struct api_file_systems_made *made, int *ret_tree,
				struct error *err)
{
	static const struct mount_tree_option mode = { "mode", "000" };
	const struct mount_tree_file_system wanted = {
		.type = "tmpfs", .options = &mode, .n_options = 1, .attr = inert_read_only
	};

	(void)made;
	return mount_tree_new(&wanted, ret_tree, err);
}

static int need_cover(const struct api_file_systems_made *made, struct cover *cover,
		      struct error *err)
{
	if (cover->tree >= 0)
		return 0;
	if (cover->attached >= 0)
		return mount_tree_clone(cover->attached, MOUNT_TREE_TOP, &cover->tree, err);
	return cover->make(made, &cover->tree, err);
}

/* Moves a cover over path, if there is such a path. */
static int hide(const struct api_file_systems_made *made, struct cover *cover, const char *path,
		struct error *err)
{
	const char *rest;
	int root = split(made, path, &rest);
	int r = need_cover(made, cover, err);

	if (r < 0)
		return error_prefix(err, "hiding %s", path);
	if (move_mount(cover->tree, "", root, rest, MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		int code = errno;

		/* The kernel says so of what is to be moved as well: then nothing is hidden. */
		if (code == ENOENT && faccessat(root, rest, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return 0;
		return error_set(err, code, "hiding %s: %s", path, strerror(code));
	}
	cleanup_close(&cover->attached);
	cover->attached = take_fd(&cover->tree);
	return 0;
}

static void release_cover(struct cover *cover)
{
	cleanup_close(&cover->tree);
	cleanup_close(&cover->attached);
}

/* There is none where no file was to be hidden. */
static int remove_cover_name(const struct api_file_systems_made *made, struct error *err)
{
	if (unlinkat(made->dev, cover_name, 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "removing the name of an empty file");
	return 0;
}

static int hide_all(const struct api_file_systems_made *made, struct error *err)
{
	struct cover file = { .make = make_file_cover, .tree = FD_NONE, .attached = FD_NONE };
	struct cover directory = { .make = make_directory_cover,
				   .tree = FD_NONE,
				   .attached = FD_NONE };
	int r = 0;

	for (size_t i = 0; r == 0 && masked_paths_hidden[i] != NULL; i++) {
		const char *path = masked_paths_hidden[i];
		bool is_directory = path[strlen(path) - 1] == '/';

		r = hide(made, is_directory ? &directory : &file, path, err);
	}
	release_cover(&file);
	release_cover(&directory);
	return r < 0 ? r : remove_cover_name(made, err);
}

static int write_protect(const struct api_file_systems_made *made, const char *path,
			 struct error *err)
{
	static const struct mount_tree_attr read_only = { .read_only = true };
	const char *rest;
	int root = split(made, path, &rest);
	auto_close int tree = open_tree(
	    root, rest, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW | AT_RECURSIVE);
	int r;

	if (tree < 0 && errno == ENOENT)
		return 0;
	if (tree < 0)
		return kernel_floor_error(err, "open_tree", "write-protecting %s", path);
	r = mount_tree_restrict(tree, &read_only, MOUNT_TREE_ALL, err);
	if (r == 0 && move_mount(tree, "", root, rest, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		r = kernel_floor_error(err, "move_mount", "attaching it");
	return r < 0 ? error_prefix(err, "write-protecting %s", path) : 0;
}

int masked_paths_apply(const struct api_file_systems_made *made, struct error *err)
{
	int r = hide_all(made, err);

	for (size_t i = 0; r == 0 && masked_paths_read_only[i] != NULL; i++)
		r = write_protect(made, masked_paths_read_only[i], err);
	return r;
}
