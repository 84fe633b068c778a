/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/masked_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
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

/* What hides paths.  A detached tree is used up by the path that exists, and kept for the next
 * one by a path that doesn't. */
struct covers {
	const struct api_file_systems_made *made;
	int file;      /* detached tree of /dev/null; FD_NONE: to be made */
	int directory; /* the same of an empty read-only tmpfs */
	int attached;  /* a tmpfs in use, from which others are cloned */
};

static int need_file_cover(struct covers *covers, struct error *err)
{
	if (covers->file >= 0)
		return 0;
	covers->file = open_tree(covers->made->dev, "null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (covers->file < 0)
		return kernel_floor_error(err, "open_tree", "cloning /dev/null");
	return 0;
}

static int need_directory_cover(struct covers *covers, struct error *err)
{
	static const struct mount_tree_tmpfs wanted = {
		.mode = 0555,
		.attr = { .read_only = true, .no_suid = true, .no_dev = true, .no_exec = true },
	};

	if (covers->directory >= 0)
		return 0;
	if (covers->attached >= 0)
		return mount_tree_clone(covers->attached, MOUNT_TREE_TOP, &covers->directory, err);
	return mount_tree_tmpfs(&wanted, &covers->directory, err);
}

/* Moves a cover over path.  Returns 1, 0 (there is no such path) or -errno. */
static int cover(const struct covers *covers, int tree, const char *path)
{
	const char *rest;
	int root = split(covers->made, path, &rest);

	if (move_mount(tree, "", root, rest, MOVE_MOUNT_F_EMPTY_PATH) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

static int hide_directory(struct covers *covers, const char *path, struct error *err)
{
	int r = need_directory_cover(covers, err);

	if (r < 0)
		return error_prefix(err, "hiding %s", path);
	r = cover(covers, covers->directory, path);
	if (r < 0)
		return error_set(err, -r, "hiding %s: %s", path, strerror(-r));
	if (r > 0) {
		cleanup_close(&covers->attached);
		covers->attached = take_fd(&covers->directory);
	}
	return 0;
}

static int hide_file(struct covers *covers, const char *path, struct error *err)
{
	int r = need_file_cover(covers, err);

	if (r < 0)
		return error_prefix(err, "hiding %s", path);
	r = cover(covers, covers->file, path);
	if (r < 0)
		return error_set(err, -r, "hiding %s: %s", path, strerror(-r));
	if (r > 0)
		cleanup_close(&covers->file);
	return 0;
}

static int hide(struct covers *covers, const char *path, struct error *err)
{
	bool directory = path[strlen(path) - 1] == '/';

	return directory ? hide_directory(covers, path, err) : hide_file(covers, path, err);
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
	struct covers covers = {
		.made = made, .file = FD_NONE, .directory = FD_NONE, .attached = FD_NONE
	};
	int r = 0;

	for (size_t i = 0; r == 0 && masked_paths_hidden[i] != NULL; i++)
		r = hide(&covers, masked_paths_hidden[i], err);
	cleanup_close(&covers.file);
	cleanup_close(&covers.directory);
	cleanup_close(&covers.attached);
	for (size_t i = 0; r == 0 && masked_paths_read_only[i] != NULL; i++)
		r = write_protect(made, masked_paths_read_only[i], err);
	return r;
}
