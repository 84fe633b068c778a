/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/device_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/kernel_floor.h"
#include "common/mount/mount_tree.h"

struct node {
	const char *name;
	unsigned major, minor; /* Linux, Documentation/admin-guide/devices.txt */
};

static const struct node nodes[] = {
	{ "null", 1, 3 },   { "zero", 1, 5 },    { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *name;
	const char *destination;
} links[] = {
	{ "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	{ "ptmx", "pts/ptmx" },
};

/* Shows a node, a detached tree, at name, which is made for it. */
static int attach_node(int tree, int dev_fd, const char *name, struct error *err)
{
	/* The quickest way to an empty file: nothing is opened. */
	if (mknodat(dev_fd, name, S_IFREG | 0666, 0) < 0)
		return error_from_errno(err, "making %s", name);
	return mount_tree_attach(tree, dev_fd, name, err);
}

static int clone_host_node(int host_dev, const struct node *node, int *ret_tree, struct error *err)
{
	auto_close int tree = open_tree(host_dev, node->name,
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	struct stat st;

	if (tree < 0)
		return kernel_floor_error(err, "open_tree", "opening the host's /dev/%s",
					  node->name);
	if (fstat(tree, &st) < 0)
		return error_from_errno(err, "looking at the host's /dev/%s", node->name);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(node->major, node->minor))
		return error_set(err, ENODEV, "the host's /dev/%s is not the device %u:%u",
				 node->name, node->major, node->minor);
	*ret_tree = take_fd(&tree);
	return 0;
}

static int add_host_node(int dev_fd, int host_dev, const struct node *node, const char *name,
			 struct error *err)
{
	auto_close int tree = FD_NONE;
	int r;

	r = clone_host_node(host_dev, node, &tree, err);
	return r < 0 ? r : attach_node(tree, dev_fd, name, err);
}

/*
 * A terminal was perhaps opened in another mount namespace, whose mounts cannot
 * be cloned: it is looked up again by name, and must be the same inode.
 */
static int reopen_terminal(int terminal, int *ret_fd, struct error *err)
{
	char link[sizeof("/proc/self/fd/2147483647")];
	char path[64]; /* "/dev/pts/N" or "/dev/ttyN" */
	auto_close int fd = FD_NONE;
	struct stat given;
	struct stat found;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", terminal);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return error_from_errno(err, "looking for the console's terminal");
	path[n] = '\0';
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &found) < 0 || fstat(terminal, &given) < 0)
		return error_from_errno(err, "opening the console's terminal %s", path);
	if (!S_ISCHR(given.st_mode) || given.st_dev != found.st_dev || given.st_ino != found.st_ino)
		return error_set(err, ENOTTY, "the console's terminal is not %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int add_console(int dev_fd, int host_dev, int terminal, struct error *err)
{
	auto_close int fd = FD_NONE;
	auto_close int tree = FD_NONE;
	int r;

	if (terminal < 0)
		return add_host_node(dev_fd, host_dev, &nodes[0], "console", err);
	r = reopen_terminal(terminal, &fd, err);
	if (r == 0)
		r = mount_tree_clone(fd, MOUNT_TREE_TOP, &tree, err);
	return r < 0 ? r : attach_node(tree, dev_fd, "console", err);
}

/* Protects the inodes of all nodes at once: the whole tree, then not the tmpfs itself. */
static int protect_nodes(int dev_fd, struct error *err)
{
	struct mount_attr lock = { .attr_set = MOUNT_ATTR_RDONLY };
	struct mount_attr unlock = { .attr_clr = MOUNT_ATTR_RDONLY };

	if (mount_setattr(dev_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &lock, sizeof(lock)) < 0 ||
	    mount_setattr(dev_fd, "", AT_EMPTY_PATH, &unlock, sizeof(unlock)) < 0)
		return kernel_floor_error(err, "mount_setattr", "write-protecting the nodes");
	return 0;
}

static int add_tunnels(int dev_fd, int host_dev, struct error *err)
{
	static const struct node tun = { "net/tun", 10, 200 };
	auto_close int net = FD_NONE;

	if (faccessat(host_dev, tun.name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "looking for /dev/net/tun");
	if (mkdirat(dev_fd, "net", 0755) < 0)
		return error_from_errno(err, "making net");
	net = openat(dev_fd, "net", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (net < 0)
		return error_from_errno(err, "opening net");
	return add_host_node(net, host_dev, &tun, "tun", err);
}

static int add_nodes(int dev_fd, const struct device_directory *content, struct error *err)
{
	auto_close int host_dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (host_dev < 0)
		return error_from_errno(err, "opening the host's /dev");
	for (size_t i = 0; i < ARRAY_LENGTH(nodes); i++) {
		r = add_host_node(dev_fd, host_dev, &nodes[i], nodes[i].name, err);
		if (r < 0)
			return r;
	}
	r = add_console(dev_fd, host_dev, content->console, err);
	if (r == 0 && content->tunnels)
		r = add_tunnels(dev_fd, host_dev, err);
	return r < 0 ? r : protect_nodes(dev_fd, err);
}

static int add_links(int dev_fd, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(links); i++)
		if (symlinkat(links[i].destination, dev_fd, links[i].name) < 0)
			return error_from_errno(err, "making the symlink %s", links[i].name);
	return 0;
}

static int attach_directory(int tree, int dev_fd, const char *name, struct error *err)
{
	if (mkdirat(dev_fd, name, 0755) < 0)
		return error_from_errno(err, "making %s", name);
	return mount_tree_attach(tree, dev_fd, name, err);
}

static int add_new(int dev_fd, const char *name, const struct mount_tree_file_system *wanted,
		   struct error *err)
{
	auto_close int tree = FD_NONE;
	int r;

	r = mount_tree_new(wanted, &tree, err);
	return r < 0 ? r : attach_directory(tree, dev_fd, name, err);
}

static int add_pts(int dev_fd, struct error *err)
{
	/* gid 5 is tty in every distribution: grantpt(3) expects it. */
	static const struct mount_tree_option options[] = {
		{ "newinstance", NULL },
		{ "ptmxmode", "0666" },
		{ "mode", "0620" },
		{ "gid", "5" },
	};
	static const struct mount_tree_file_system wanted = {
		.type = "devpts",
		.options = options,
		.n_options = ARRAY_LENGTH(options),
		.attr = { .no_suid = true, .no_exec = true },
	};

	return add_new(dev_fd, "pts", &wanted, err);
}

static int add_mqueue(int dev_fd, struct error *err)
{
	static const struct mount_tree_file_system wanted = {
		.type = "mqueue", .attr = { .no_suid = true, .no_dev = true, .no_exec = true }
	};
	int r = add_new(dev_fd, "mqueue", &wanted, err);

	/* A kernel without POSIX message queues; or the ipc namespace is the host's,
	 * which a user namespace of the pod's may not see. */
	return r == -ENODEV || r == -EPERM ? 0 : r;
}

int device_directory_new_shm(int *ret_tree, struct error *err)
{
	static const struct mount_tree_tmpfs wanted = {
		.mode = 0, .attr = { .no_suid = true, .no_dev = true, .no_exec = true }
	};

	return mount_tree_tmpfs(&wanted, ret_tree, err);
}

static int add_shm(int dev_fd, int shared, struct error *err)
{
	auto_close int own = FD_NONE;
	int r = 0;

	if (shared < 0)
		r = device_directory_new_shm(&own, err);
	return r < 0 ? r : attach_directory(shared < 0 ? own : shared, dev_fd, "shm", err);
}

int device_directory_fill(int dev_fd, const struct device_directory *content, struct error *err)
{
	int r;

	/* Nodes first: what is mounted before protect_nodes() becomes read-only. */
	r = add_nodes(dev_fd, content, err);
	if (r == 0)
		r = add_links(dev_fd, err);
	if (r == 0)
		r = add_pts(dev_fd, err);
	if (r == 0)
		r = add_shm(dev_fd, content->shm, err);
	if (r == 0)
		r = add_mqueue(dev_fd, err);
	return r;
}
