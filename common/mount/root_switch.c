/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/root_switch.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/kernel_floor.h"
#include "common/kernel/syscall.h"

int root_switch_isolate(enum mount_tree_propagation propagation, struct error *err)
{
	struct mount_attr cut = { .propagation =
				      propagation == MOUNT_TREE_PRIVATE ? MS_PRIVATE : MS_SLAVE };

	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &cut, sizeof(cut)) < 0)
		return kernel_floor_error(err, "mount_setattr",
					  "cutting the mounts off the host's");
	return 0;
}

int root_switch_prepare(int rootfs_fd, const struct mount_tree_attr *attr, int *ret_root,
			struct error *err)
{
	auto_close int tree = FD_NONE;
	int r;

	/* Always a clone: a mount that came from a more privileged namespace is
	 * locked to its place and could not become the root. */
	r = mount_tree_clone(rootfs_fd, MOUNT_TREE_ALL, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, attr, MOUNT_TREE_ALL, MOUNT_TREE_PRIVATE, err);
	if (r == 0)
		r = mount_tree_attach(tree, rootfs_fd, "", err);
	if (r < 0)
		return error_prefix(err, "preparing the root");
	*ret_root = take_fd(&tree);
	return 0;
}

int root_switch_make_read_only(int root_fd, struct error *err)
{
	static const struct mount_tree_attr read_only = { .read_only = true };

	if (mount_tree_restrict(root_fd, &read_only, MOUNT_TREE_TOP, err) < 0)
		return error_prefix(err, "making the root read-only");
	return 0;
}

int root_switch_enter(int root_fd, struct error *err)
{
	if (fchdir(root_fd) < 0)
		return error_from_errno(err, "entering the root");
	/* The old root lands on top of the new one, at the same place. */
	if (syscall_pivot_root(".", ".") < 0)
		return error_from_errno(err, "switching to the root");
	/* "." is still the new root: what hangs on it is the old one. */
	if (umount2(".", MNT_DETACH) < 0)
		return error_from_errno(err, "detaching the old root");
	if (chdir("/") < 0)
		return error_from_errno(err, "entering the root");
	return 0;
}
