/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor - what the kernel alone has to do for a fly pod, by two programs, as rkt and its stage1 are
 * two.
 *
 * usage: floor make SELF ROOTFS DIRECTORY APP…     an overlay of ROOTFS at DIRECTORY/root in a
 * mount namespace, then SELF floor enter SELF ROOTFS DIRECTORY APP…    another namespace, /proc,
 * /sys and /dev in it, the old root left, then APP
 *
 * No store, plan, files of a pod, cgroup, filter or capability: nothing that rkt is for.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MODE = 1, SELF, ROOTFS, DIRECTORY, APP };

static int must(int r, const char *what)
{
	if (r < 0) {
		perror(what);
		_exit(1);
	}
	return r;
}

static void make_propagation_slave(int fd, const char *path)
{
	struct mount_attr attr = { .propagation = MS_SLAVE };

	must(mount_setattr(fd, path, AT_RECURSIVE | (*path ? 0 : AT_EMPTY_PATH), &attr,
			   sizeof(attr)),
	     "mount_setattr");
}

static void leave_namespace(void)
{
	must(unshare(CLONE_NEWNS), "unshare");
	make_propagation_slave(AT_FDCWD, "/");
}

static void set(int context, const char *key, const char *value)
{
	must(fsconfig(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0),
	     key);
}

static void mount_overlay(const char *rootfs)
{
	char upper[32], work[32];
	int context, mounted;

	(void)snprintf(upper, sizeof(upper), "upper-%d", getpid());
	(void)snprintf(work, sizeof(work), "work-%d", getpid());
	must(mkdir(upper, 0755), upper);
	must(mkdir(work, 0755), work);
	context = must(fsopen("overlay", FSOPEN_CLOEXEC), "fsopen");
	set(context, "lowerdir", rootfs);
	set(context, "upperdir", upper);
	set(context, "workdir", work);
	set(context, "volatile", NULL);
	must(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "overlay");
	mounted = must(fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV), "fsmount");
	must(move_mount(mounted, "", AT_FDCWD, "root", MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
}

static void enter_root(void)
{
	static const char *const trees[] = { "/proc", "/sys", "/dev" };

	must(chdir("root"), "root");
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		int tree = must(open_tree(AT_FDCWD, trees[i],
					  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE),
				trees[i]);

		make_propagation_slave(tree, "");
		must(move_mount(tree, "", AT_FDCWD, trees[i] + 1, MOVE_MOUNT_F_EMPTY_PATH),
		     trees[i]);
	}
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount");
	must(chdir("/"), "/");
}

int main(int argc, char **argv)
{
	static char enter[] = "enter";

	if (argc <= APP)
		return 1;
	must(chdir(argv[DIRECTORY]), argv[DIRECTORY]);
	leave_namespace();
	if (strcmp(argv[MODE], "make") == 0) {
		mount_overlay(argv[ROOTFS]);
		argv[MODE] = enter;
		(void)execv(argv[SELF], argv);
	} else {
		enter_root();
		(void)execv(argv[APP], argv + APP);
	}
	return must(-1, "execv");
}
