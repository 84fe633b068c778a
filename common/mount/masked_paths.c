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
 */
const char *const masked_paths_hidden[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/config.gz",
	"/proc/kallsyms",
	"/proc/kcore",
	"/proc/keys",
	"/proc/kmsg",
	"/proc/latency_stats",
	"/proc/mem",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
	"/sys/kernel/security",
	NULL,
};

const char *const masked_paths_read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

/* The covers; each is cloned, or made, when it is needed. */
struct covers {
	const struct api_file_systems_made *made;
	int directory; /* an empty read-only tmpfs, once one hangs somewhere; borrowed by nobody */
};

/* Splits "/proc/a/b" into the root of /proc and "a/b". */
static int split(const struct api_file_systems_made *made, const char *path, const char **ret_rest)
{
	bool in_proc = strncmp(path, "/proc/", strlen("/proc/")) == 0;

	*ret_rest = path + strlen(in_proc ? "/proc/" : "/sys/");
	return in_proc ? made->proc : made->sys;
}

/* Names of /proc and /sys are the kernel's, not the image's: O_NOFOLLOW for the last one will do.
 */
static int open_target(const struct api_file_systems_made *made, const char *path, int *ret_fd,
		       struct stat *ret_stat)
{
	const char *rest;
	int root = split(made, path, &rest);
	auto_close int fd = openat(root, rest, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int cover_file(const struct covers *covers, int target, struct error *err)
{
	auto_close int tree =
	    open_tree(covers->made->dev, "null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return kernel_floor_error(err, "open_tree", "cloning /dev/null");
	return mount_tree_attach(tree, target, "", err);
}

static int cover_directory(struct covers *covers, int target, struct error *err)
{
	static const struct mount_tree_tmpfs wanted = {
		.mode = 0555,
		.attr = { .read_only = true, .no_suid = true, .no_dev = true, .no_exec = true },
	};
	auto_close int tree = FD_NONE;
	int r;

	if (covers->directory >= 0)
		r = mount_tree_clone(covers->directory, MOUNT_TREE_TOP, &tree, err);
	else
		r = mount_tree_tmpfs(&wanted, &tree, err);
	if (r == 0)
		r = mount_tree_attach(tree, target, "", err);
	if (r < 0)
		return r;
	if (covers->directory < 0)
		covers->directory = take_fd(&tree);
	return 0;
}

static int hide(struct covers *covers, const char *path, struct error *err)
{
	auto_close int target = FD_NONE;
	struct stat st = { 0 };
	int r;

	r = open_target(covers->made, path, &target, &st);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_set(err, -r, "hiding %s: %s", path, strerror(-r));
	r = S_ISDIR(st.st_mode) ? cover_directory(covers, target, err)
				: cover_file(covers, target, err);
	return r < 0 ? error_prefix(err, "hiding %s", path) : 0;
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
	struct covers covers = { .made = made, .directory = FD_NONE };
	int r = 0;

	for (size_t i = 0; r == 0 && masked_paths_hidden[i] != NULL; i++)
		r = hide(&covers, masked_paths_hidden[i], err);
	cleanup_close(&covers.directory);
	for (size_t i = 0; r == 0 && masked_paths_read_only[i] != NULL; i++)
		r = write_protect(made, masked_paths_read_only[i], err);
	return r;
}
