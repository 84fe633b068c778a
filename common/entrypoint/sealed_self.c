/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/sealed_self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/mount_tree.h"

int sealed_self_ensure(const struct entrypoint_call *call, struct error *err)
{
	auto_close int self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	struct statvfs file_system;
	char **argv;
	int r;

	if (self < 0 || fstatvfs(self, &file_system) < 0)
		return error_from_errno(err, "looking at our own executable");
	if ((file_system.f_flag & ST_RDONLY) != 0)
		return 0;
	r = mount_tree_clone(self, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_restrict(tree, &(struct mount_tree_attr){ .read_only = true },
					MOUNT_TREE_TOP, err);
	if (r < 0)
		return error_prefix(err, "sealing our own executable");
	argv = arena_array(call->arena, (size_t)call->n + 2, char *);
	if (argv == NULL)
		return error_set(err, ENOMEM, "executing ourselves again: out of memory");
	argv[0] = arena_string(call->arena, call->name);
	memcpy(argv + 1, call->args, (size_t)call->n * sizeof(*argv));
	(void)execveat(tree, "", argv, environ, AT_EMPTY_PATH);
	return error_from_errno(err, "executing ourselves again");
}
