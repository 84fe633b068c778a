/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_tree.h - mount trees as file descriptors.
 *
 * A tree is an O_PATH fd from open_tree(2) or fsmount(2).  It hangs nowhere
 * until mount_tree_attach(), so a failure half way leaves no mount behind:
 * closing the fd drops the tree.  After mount_tree_attach() the same fd is
 * the attached mount's root, and what is opened below it is in the new file
 * system, whatever the place it hangs at.
 *
 * Units:      sizes in bytes.
 * Kernels:    before Linux 6.15 nothing can be attached to, or cloned from, a
 *             tree that hangs nowhere yet: attach first, fill then.
 * Namespaces: a directory fd used for cloning or attaching must have been
 *             opened in the caller's own mount namespace (-EINVAL otherwise):
 *             fds do not follow their process into a new one, but "." does.
 *             A detached tree may be attached in any.
 * Ownership:  *ret_tree is the caller's to close.  On failure it is untouched.
 * Speed:      closing a tree that was never attached waits for an RCU grace period
 *             (50 us and more), like unmounting: make only what will be used.
 * Errors:     -errno, with err filled.  -EPERM: no CAP_SYS_ADMIN over the mount
 *             namespace.  -ENOSYS: a kernel older than 5.12.
 * Processes:  acts on the caller's mount namespace; safe between clone() and
 *             exec() (allocates nothing).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/error.h"

struct mount_tree_attr {
	bool read_only;
	bool no_suid;
	bool no_dev;
	bool no_exec;
};

enum mount_tree_scope {
	MOUNT_TREE_TOP, /* the mount itself */
	MOUNT_TREE_ALL, /* and all mounts below it */
};

enum mount_tree_propagation {
	MOUNT_TREE_PRIVATE, /* neither sends nor receives mounts */
	MOUNT_TREE_SLAVE,   /* receives what the host mounts, sends nothing */
};

struct mount_tree_option {
	const char *key;
	const char *value; /* NULL: a flag */
};

/* A new file system of a kind that needs no device: "proc", "sysfs", "devpts", "tmpfs" … */
struct mount_tree_file_system {
	const char *type;
	const struct mount_tree_option *options;
	size_t n_options;
	struct mount_tree_attr attr;
};

int mount_tree_new(const struct mount_tree_file_system *wanted, int *ret_tree,
		   struct error *err) MUST_CHECK;

struct mount_tree_tmpfs {
	uint64_t size_bytes; /* 0: the kernel's default, half of RAM */
	mode_t mode;         /* of its root directory; 0: 01777 */
	struct mount_tree_attr attr;
};

/* An empty tmpfs. */
int mount_tree_tmpfs(const struct mount_tree_tmpfs *wanted, int *ret_tree,
		     struct error *err) MUST_CHECK;

/* A copy of what fd (O_PATH; a file or a directory) shows. */
int mount_tree_clone(int fd, enum mount_tree_scope scope, int *ret_tree,
		     struct error *err) MUST_CHECK;

struct mount_tree_overlay {
	const int *lower; /* directory fds, uppermost first */
	size_t n_lower;   /* 1 … MOUNT_TREE_MAX_LOWER */
	int upper;        /* directory fd; FD_NONE: read-only */
	int work;         /* empty directory on upper's file system; FD_NONE with upper */
	bool no_sync;     /* content may be lost with the machine; the upper directory can be
			     mounted once only */
	struct mount_tree_attr attr;
};

#define MOUNT_TREE_MAX_LOWER 64

/* One directory tree from layers.  Needs /proc to name the fds. */
int mount_tree_overlay(const struct mount_tree_overlay *wanted, int *ret_tree,
		       struct error *err) MUST_CHECK;

/* Sets attr's true members; false members are left as they are.  tree: detached or attached. */
int mount_tree_restrict(int tree, const struct mount_tree_attr *attr, enum mount_tree_scope scope,
			struct error *err) MUST_CHECK;

/* The same, and propagation of each mount, in one call. */
int mount_tree_confine(int tree, const struct mount_tree_attr *attr, enum mount_tree_scope scope,
		       enum mount_tree_propagation propagation, struct error *err) MUST_CHECK;

/*
 * Shows owners as the user namespace (fd of a /proc/PID/ns/user) maps them: id 0
 * on disk is id 0 inside.  Detached trees only, by a process with
 * CAP_SYS_ADMIN over the file system's own user namespace (the host's root).
 * -EINVAL: the file system cannot.
 */
int mount_tree_map_users(int tree, int user_namespace, enum mount_tree_scope scope,
			 struct error *err) MUST_CHECK;

/*
 * Shows the tree at name, one component right below dir_fd, not followed if it
 * is a symlink; "": on dir_fd itself.  The tree fd stays valid.
 */
int mount_tree_attach(int tree, int dir_fd, const char *name, struct error *err) MUST_CHECK;
