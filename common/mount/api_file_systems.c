/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/api_file_systems.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"
#include "common/mount/device_directory.h"
#include "common/mount/mount_tree.h"

static const struct mount_tree_attr inert_read_only = {
	.read_only = true, .no_suid = true, .no_dev = true, .no_exec = true
};

int api_file_systems_new_shm(int *ret_tree, struct error *err)
{
	return device_directory_new_shm(ret_tree, err);
}

void api_file_systems_made_release(struct api_file_systems_made *made)
{
	cleanup_close(&made->proc);
	cleanup_close(&made->sys);
	cleanup_close(&made->dev);
}

/* Shows a tree at /name of the root, whatever the image has put there. */
static int attach_at_top(int tree, int root_fd, const char *name, struct error *err)
{
	auto_close int target = FD_NONE;
	int r;

	r = path_replace_with_directory(root_fd, name, &target, err);
	if (r == 0)
		r = mount_tree_attach(tree, target, "", err);
	return r;
}

static int mount_proc(int root_fd, int *ret_proc, struct error *err)
{
	static const struct mount_tree_file_system wanted = {
		.type = "proc", .attr = { .no_suid = true, .no_dev = true, .no_exec = true }
	};
	auto_close int tree = FD_NONE;
	int r;

	r = mount_tree_new(&wanted, &tree, err);
	if (r == 0)
		r = attach_at_top(tree, root_fd, "proc", err);
	if (r < 0)
		return error_prefix(err, "mounting /proc");
	*ret_proc = take_fd(&tree);
	return 0;
}

/* A copy of what the host has at path, with all mounts below it, confined. */
static int copy_host(const char *path, const struct mount_tree_attr *attr, int *ret_tree,
		     struct error *err)
{
	auto_close int source = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	int r;

	if (source < 0)
		return error_from_errno(err, "opening %s", path);
	r = mount_tree_clone(source, MOUNT_TREE_ALL, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, attr, MOUNT_TREE_ALL, MOUNT_TREE_SLAVE, err);
	if (r < 0)
		return r;
	*ret_tree = take_fd(&tree);
	return 0;
}

static int mount_sys(int root_fd, int *ret_sys, struct error *err)
{
	const struct mount_tree_file_system wanted = { .type = "sysfs", .attr = inert_read_only };
	auto_close int tree = FD_NONE;
	int r;

	r = mount_tree_new(&wanted, &tree, err);
	if (r == -EPERM) /* of a network namespace that belongs to another user namespace */
		r = copy_host("/sys", &inert_read_only, &tree, err);
	if (r == 0)
		r = attach_at_top(tree, root_fd, "sys", err);
	if (r < 0)
		return error_prefix(err, "mounting /sys");
	*ret_sys = take_fd(&tree);
	return 0;
}

static int mount_cgroup_view(int sys_fd, struct error *err)
{
	const struct mount_tree_file_system wanted = { .type = "cgroup2", .attr = inert_read_only };
	auto_close int tree = FD_NONE;
	auto_close int target = FD_NONE;
	int r;

	r = path_open(sys_fd, "fs/cgroup", O_PATH | O_DIRECTORY, &target, err);
	if (r == 0)
		r = mount_tree_new(&wanted, &tree, err);
	if (r == 0)
		r = mount_tree_attach(tree, target, "", err);
	return r < 0 ? error_prefix(err, "mounting /sys/fs/cgroup") : 0;
}

static int mount_dev(int root_fd, const struct api_file_systems *wanted, int *ret_dev,
		     struct error *err)
{
	static const struct mount_tree_tmpfs tmpfs = {
		.mode = 0755, .attr = { .no_suid = true, .no_dev = true, .no_exec = true }
	};
	const struct device_directory content = { .shm = wanted->shm,
						  .console = wanted->console,
						  .tunnels = wanted->tunnels };
	auto_close int tree = FD_NONE;
	int r;

	r = mount_tree_tmpfs(&tmpfs, &tree, err);
	/* Attached while it is empty: older kernels mount nothing in a tree that
	 * hangs nowhere.  It is filled through its own fd, past any path. */
	if (r == 0)
		r = attach_at_top(tree, root_fd, "dev", err);
	if (r == 0)
		r = device_directory_fill(tree, &content, err);
	if (r < 0)
		return error_prefix(err, "mounting /dev");
	*ret_dev = take_fd(&tree);
	return 0;
}

int api_file_systems_mount(int root_fd, const struct api_file_systems *wanted,
			   struct api_file_systems_made *ret, struct error *err)
{
	struct api_file_systems_made made = { FD_NONE, FD_NONE, FD_NONE };
	int r;

	r = mount_proc(root_fd, &made.proc, err);
	if (r == 0)
		r = mount_sys(root_fd, &made.sys, err);
	if (r == 0 && wanted->cgroup_view)
		r = mount_cgroup_view(made.sys, err);
	if (r == 0)
		r = mount_dev(root_fd, wanted, &made.dev, err);
	if (r < 0) {
		api_file_systems_made_release(&made);
		return r;
	}
	*ret = made;
	return 0;
}

int api_file_systems_share_host(int root_fd, struct error *err)
{
	static const struct mount_tree_attr as_they_are = { 0 };
	static const char *const names[] = { "/proc", "/sys", "/dev" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		auto_close int tree = FD_NONE;
		int r;

		r = copy_host(names[i], &as_they_are, &tree, err);
		if (r == 0)
			r = attach_at_top(tree, root_fd, names[i] + 1, err);
		if (r < 0)
			return error_prefix(err, "sharing the host's %s", names[i]);
	}
	return 0;
}
