/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm_jail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/mount_tree.h"
#include "common/mount/root_switch.h"
#include "common/privilege/credentials.h"
#include "common/privilege/no_new_privileges.h"

/* An empty directory of the image, for the new root to hang on. */
#define PLACE      "stage1/rootfs/proc"

#define ROOT_BYTES ((uint64_t)64 << 10)

static int add_programs(int root, struct error *err)
{
	static const struct mount_tree_attr attr = { .read_only = true,
						     .no_suid = true,
						     .no_dev = true };
	auto_close int host = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	int r;

	if (host < 0)
		return error_from_errno(err, "opening /usr");
	r = mount_tree_clone(host, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, &attr, MOUNT_TREE_TOP, MOUNT_TREE_PRIVATE, err);
	return r < 0 ? r : mount_tree_attach(tree, root, "usr", err);
}

static int add_proc(int root, struct error *err)
{
	static const struct mount_tree_option subset = { .key = "subset", .value = "pid" };
	static const struct mount_tree_file_system proc = {
		.type = "proc",
		.options = &subset,
		.n_options = 1,
		.attr = { .read_only = true, .no_suid = true, .no_dev = true, .no_exec = true },
	};
	auto_close int tree = FD_NONE;
	int r = mount_tree_new(&proc, &tree, err);

	return r < 0 ? r : mount_tree_attach(tree, root, "proc", err);
}

/* The linker's and the libraries' usual places, on a machine with a merged /usr. */
static int add_names(int root, struct error *err)
{
	if (mkdirat(root, "usr", 0755) < 0 || mkdirat(root, "proc", 0755) < 0 ||
	    symlinkat("usr/lib", root, "lib") < 0 || symlinkat("usr/lib64", root, "lib64") < 0)
		return error_from_errno(err, "making the root of the virtual machine's process");
	return 0;
}

static int make_root(int *ret_root, struct error *err)
{
	static const struct mount_tree_tmpfs wanted = {
		.size_bytes = ROOT_BYTES,
		.mode = 0755,
		.attr = { .no_suid = true, .no_dev = true },
	};
	auto_close int place = open(PLACE, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int root = FD_NONE;
	int r;

	if (place < 0)
		return error_from_errno(err, "opening " PLACE);
	r = mount_tree_tmpfs(&wanted, &root, err);
	if (r == 0)
		r = mount_tree_attach(root, place, "", err);
	if (r == 0)
		r = add_names(root, err);
	if (r == 0)
		r = add_programs(root, err);
	if (r == 0)
		r = add_proc(root, err);
	if (r == 0)
		r = root_switch_make_read_only(root, err);
	if (r < 0)
		return r;
	*ret_root = take_fd(&root);
	return 0;
}

int vm_jail_enter(pid_t leader, struct error *err)
{
	const struct credentials nobody = { .uid = VM_JAIL_FIRST_UID + (uint32_t)leader,
					    .gid = VM_JAIL_FIRST_UID + (uint32_t)leader };
	auto_close int root = FD_NONE;
	int r = root_switch_isolate(MOUNT_TREE_PRIVATE, err);

	if (r == 0)
		r = make_root(&root, err);
	if (r == 0)
		r = root_switch_enter(root, err);
	if (r == 0)
		r = credentials_set(&nobody, false, err);
	return r < 0 ? r : no_new_privileges_set(err);
}
