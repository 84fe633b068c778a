/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_views.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"
#include "common/mount/mount_tree.h"

#define CAP_SYS_PTRACE_NUMBER 19 /* <linux/capability.h> */

/* Shows a directory of the host for reading, in PID 1's root alone. */
static int show_host_directory(const char *path, enum mount_tree_scope scope, struct error *err)
{
	static const struct mount_tree_attr inert = {
		.read_only = true, .no_suid = true, .no_dev = true, .no_exec = true
	};
	auto_close int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int host = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int place = FD_NONE;
	auto_close int tree = FD_NONE;
	int r;

	if (root < 0 || host < 0)
		return error_from_errno(err, "opening %s", path);
	r = path_open(root, path + 1, O_PATH | O_DIRECTORY, &place, err);
	if (r == 0)
		r = mount_tree_clone(host, scope, &tree, err);
	if (r == 0)
		r = mount_tree_restrict(tree, &inert, scope, err);
	return r < 0 ? r : mount_tree_attach(tree, place, "", err);
}

bool pod_may_be_looked_at(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_apps; i++)
		if ((plan->apps[i].capabilities & (UINT64_C(1) << CAP_SYS_PTRACE_NUMBER)) != 0)
			return true;
	return false;
}

int pod_show_cgroups(const struct plan *plan, bool by_apps, struct error *err)
{
	int r;

	if (by_apps || !pod_may_be_looked_at(plan) || access("/sys/fs/cgroup", F_OK) < 0)
		return 0;
	r = show_host_directory("/sys", MOUNT_TREE_TOP, err);
	return r < 0 ? r : show_host_directory("/sys/fs/cgroup", MOUNT_TREE_ALL, err);
}
