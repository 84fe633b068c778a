/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/mount/mount_tree.h"
#include "common/mount/root_switch.h"
#include "common/privilege/credentials.h"
#include "common/privilege/no_new_privileges.h"
#include "common/privilege/rlimit.h"

/* An empty directory of the image, for the new root to hang on. */
#define PLACE       "stage1/rootfs/proc"

/* What becomes the process's root lies one below that of its mount namespace: there the kernel lets
 * nobody make a user namespace, in which one has all capabilities. */
#define INNER       "machine"

#define ROOT_BYTES  ((uint64_t)64 << 10)

#define KVM_MAJOR   10
#define KVM_MINOR   232

/* What a machine with every device has open, and some. */
#define DESCRIPTORS 512

/* "usr/bin/x": opens usr/bin, making it, and makes x, a file or a directory. */
static int make_place(int root, const char *path, mode_t kind, int *ret_parent, struct error *err)
{
	const char *slash = strrchr(path, '/');
	auto_close int parent = FD_NONE;
	char folder[PATH_MAX];
	int r;

	if (slash == NULL || slash - path >= (long)sizeof(folder))
		return error_set(err, EINVAL, "showing %s to the virtual machine's process", path);
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	r = file_make_directories(root, folder, 0755, err);
	if (r < 0)
		return r;
	parent = openat(root, folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (parent < 0)
		return error_from_errno(err, "making /%s", folder);
	r = S_ISDIR(kind) ? mkdirat(parent, slash + 1, 0755)
			  : mknodat(parent, slash + 1, S_IFREG | 0644, 0);
	if (r < 0)
		return error_from_errno(err, "making /%s", path);
	*ret_parent = take_fd(&parent);
	return 0;
}

static int add_place(int root, int host, const char *path, struct error *err)
{
	static const struct mount_tree_attr attr = { .read_only = true,
						     .no_suid = true,
						     .no_dev = true };
	auto_close int from = openat(host, path, O_PATH | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	auto_close int parent = FD_NONE;
	struct stat status;
	int r;

	if (from < 0 || fstat(from, &status) < 0)
		return error_from_errno(err, "opening /%s", path);
	r = make_place(root, path, status.st_mode, &parent, err);
	if (r == 0)
		r = mount_tree_clone(from, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, &attr, MOUNT_TREE_TOP, MOUNT_TREE_PRIVATE, err);
	return r < 0 ? r : mount_tree_attach(tree, parent, strrchr(path, '/') + 1, err);
}

static int add_places(int root, const char *const *places, struct error *err)
{
	auto_close int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (host < 0)
		return error_from_errno(err, "opening /");
	for (size_t i = 0; places[i] != NULL; i++) {
		struct error problem = { 0 };
		int r = add_place(root, host, places[i], &problem);

		/* Where distributions differ. */
		if (r < 0 && (r != -ENOENT || i == 0)) {
			*err = problem;
			return r;
		}
	}
	return 0;
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

/* The host's node may be root's alone, or a group's; this one is for the jail's user. */
static int add_kvm(int root, struct error *err)
{
	static const struct mount_tree_tmpfs wanted = {
		.size_bytes = ROOT_BYTES,
		.mode = 0755,
		.attr = { .no_suid = true, .no_exec = true },
	};
	auto_close int dev = FD_NONE;
	int r;

	if (mkdirat(root, "dev", 0755) < 0)
		return error_from_errno(err, "making /dev");
	r = mount_tree_tmpfs(&wanted, &dev, err);
	if (r == 0)
		r = mount_tree_attach(dev, root, "dev", err);
	if (r == 0 && (mknodat(dev, "kvm", S_IFCHR, makedev(KVM_MAJOR, KVM_MINOR)) < 0 ||
		       fchmodat(dev, "kvm", 0666, 0) < 0))
		return error_from_errno(err, "making /dev/kvm");
	return r < 0 ? r : root_switch_make_read_only(dev, err);
}

/* The linker's and the libraries' usual places, on a machine with a merged /usr. */
static int add_names(int root, struct error *err)
{
	if (mkdirat(root, "proc", 0755) < 0 || symlinkat("usr/lib", root, "lib") < 0 ||
	    symlinkat("usr/lib64", root, "lib64") < 0)
		return error_from_errno(err, "making the root of the virtual machine's process");
	return 0;
}

static int make_inner(int root, int *ret_fd, struct error *err)
{
	int fd = mkdirat(root, INNER, 0755) < 0
		     ? FD_NONE
		     : openat(root, INNER, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "making the root of the virtual machine's process");
	*ret_fd = fd;
	return 0;
}

static int make_root(const struct jail *jail, int *ret_root, struct error *err)
{
	static const struct mount_tree_tmpfs wanted = {
		.size_bytes = ROOT_BYTES,
		.mode = 0755,
		.attr = { .no_suid = true, .no_dev = true },
	};
	auto_close int place = open(PLACE, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int root = FD_NONE, inner = FD_NONE;
	int r;

	if (place < 0)
		return error_from_errno(err, "opening " PLACE);
	r = mount_tree_tmpfs(&wanted, &root, err);
	if (r == 0)
		r = mount_tree_attach(root, place, "", err);
	if (r == 0)
		r = make_inner(root, &inner, err);
	if (r == 0)
		r = add_names(inner, err);
	if (r == 0)
		r = add_places(inner, jail->places, err);
	if (r == 0)
		r = add_proc(inner, err);
	if (r == 0 && jail->kvm)
		r = add_kvm(inner, err);
	if (r == 0)
		r = root_switch_make_read_only(root, err);
	if (r < 0)
		return r;
	*ret_root = take_fd(&root);
	return 0;
}

static int set_limits(const struct jail *jail, struct error *err)
{
	const struct rlimit_value limits[] = {
		{ RLIMIT_CORE, 0, 0 },
		{ RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS },
		{ RLIMIT_NPROC, jail->threads, jail->threads },
		{ RLIMIT_FSIZE, jail->file_bytes, jail->file_bytes },
	};

	/* It may inherit somebody's log as stderr: what cannot be written there is not worth its
	 * life. */
	(void)signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
		int r = rlimit_set(&limits[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

int jail_enter(const struct jail *jail, struct error *err)
{
	const struct credentials nobody = { .uid = JAIL_FIRST_UID + (uint32_t)jail->leader,
					    .gid = JAIL_FIRST_UID + (uint32_t)jail->leader };
	auto_close int root = FD_NONE;
	int r = root_switch_isolate(MOUNT_TREE_PRIVATE, err);

	if (r == 0)
		r = make_root(jail, &root, err);
	if (r == 0)
		r = root_switch_enter(root, err);
	if (r == 0 && (chroot("/" INNER) < 0 || chdir("/") < 0))
		r = error_from_errno(err, "entering the root of the virtual machine's process");
	if (r == 0)
		r = set_limits(jail, err);
	if (r == 0)
		r = credentials_set(&nobody, false, err);
	return r < 0 ? r : no_new_privileges_set(err);
}
