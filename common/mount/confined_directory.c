/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/confined_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/base/cleanup.h"
#include "common/mount/mount_tree.h"

int confined_directory_open(int dir_fd, int place, int *ret_fd, struct error *err)
{
	static const struct mount_tree_attr nothing_but_reading = {
		.read_only = true, .no_suid = true, .no_dev = true, .no_exec = true
	};
	auto_close int tree = FD_NONE;
	int fd;
	int r;

	r = mount_tree_clone(dir_fd, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_restrict(tree, &nothing_but_reading, MOUNT_TREE_TOP, err);
	if (r == 0)
		r = mount_tree_attach(tree, place, "", err);
	if (r < 0)
		return r;
	fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening a directory in its own mount");
	*ret_fd = fd;
	return 0;
}

bool confined_directory_is(int fd)
{
	auto_close int parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statvfs file_system;
	struct stat own, its;

	return parent >= 0 && fstatvfs(fd, &file_system) == 0 &&
	       (file_system.f_flag & ST_RDONLY) != 0 && fstat(fd, &own) == 0 &&
	       fstat(parent, &its) == 0 && own.st_dev == its.st_dev && own.st_ino == its.st_ino;
}
