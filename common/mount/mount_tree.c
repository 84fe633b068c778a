/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/mount_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/kernel_floor.h"

/* The kernel takes no longer values from fsconfig(2), the NUL included. */
#define OPTION_SIZE 256

static unsigned attr_flags(const struct mount_tree_attr *attr)
{
	return (attr->read_only ? (unsigned)MOUNT_ATTR_RDONLY : 0) |
	       (attr->no_suid ? (unsigned)MOUNT_ATTR_NOSUID : 0) |
	       (attr->no_dev ? (unsigned)MOUNT_ATTR_NODEV : 0) |
	       (attr->no_exec ? (unsigned)MOUNT_ATTR_NOEXEC : 0);
}

/* The kernel says more about a refused file system on its context than errno holds. */
static int context_failed(int context, const char *type, const char *key, struct error *err)
{
	char message[ERROR_TEXT_SIZE / 2];
	int code = errno;
	ssize_t n = read(context, message, sizeof(message) - 1);

	if (n > 2 && message[1] == ' ') { /* "e text": the letter is the severity */
		message[n] = '\0';
		message[strcspn(message, "\n")] = '\0';
		return error_set(err, code, "mounting %s: %s: %s", type, message + 2,
				 strerror(code));
	}
	errno = code;
	if (key != NULL)
		return error_from_errno(err, "mounting %s: option %s", type, key);
	return error_from_errno(err, "mounting %s", type);
}

static int open_context(const char *type, struct error *err)
{
	int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context >= 0)
		return context;
	if (errno == ENODEV)
		return error_set(err, ENODEV, "mounting %s: the kernel has no such file system",
				 type);
	return kernel_floor_error(err, "fsopen", "mounting %s", type);
}

static int set_option(int context, const char *type, const char *key, const char *value,
		      struct error *err)
{
	unsigned command = value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;

	if (fsconfig(context, command, key, value, 0) < 0)
		return context_failed(context, type, key, err);
	return 0;
}

/* Turns a context with all its options into a detached mount. */
static int finish_context(int context, const char *type, const struct mount_tree_attr *attr,
			  int *ret_tree, struct error *err)
{
	int tree;

	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return context_failed(context, type, NULL, err);
	tree = fsmount(context, FSMOUNT_CLOEXEC, attr_flags(attr));
	if (tree < 0)
		return context_failed(context, type, NULL, err);
	*ret_tree = tree;
	return 0;
}

int mount_tree_new(const struct mount_tree_file_system *wanted, int *ret_tree, struct error *err)
{
	auto_close int context = open_context(wanted->type, err);

	if (context < 0)
		return context;
	for (size_t i = 0; i < wanted->n_options; i++) {
		int r = set_option(context, wanted->type, wanted->options[i].key,
				   wanted->options[i].value, err);

		if (r < 0)
			return r;
	}
	return finish_context(context, wanted->type, &wanted->attr, ret_tree, err);
}

int mount_tree_tmpfs(const struct mount_tree_tmpfs *wanted, int *ret_tree, struct error *err)
{
	char size[sizeof("18446744073709551615")];
	char mode[sizeof("37777777777")];
	struct mount_tree_option options[2];
	struct mount_tree_file_system tmpfs = { .type = "tmpfs",
						.options = options,
						.attr = wanted->attr };

	if (wanted->size_bytes != 0) {
		(void)snprintf(size, sizeof(size), "%" PRIu64, wanted->size_bytes);
		options[tmpfs.n_options++] = (struct mount_tree_option){ "size", size };
	}
	if (wanted->mode != 0) {
		(void)snprintf(mode, sizeof(mode), "%o", (unsigned)wanted->mode);
		options[tmpfs.n_options++] = (struct mount_tree_option){ "mode", mode };
	}
	return mount_tree_new(&tmpfs, ret_tree, err);
}

int mount_tree_clone(int fd, enum mount_tree_scope scope, int *ret_tree, struct error *err)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
	int tree;

	if (scope == MOUNT_TREE_ALL)
		flags |= AT_RECURSIVE;
	tree = open_tree(fd, "", flags);
	if (tree < 0)
		return kernel_floor_error(err, "open_tree", "cloning a mount tree");
	*ret_tree = tree;
	return 0;
}

/* fds have no path of their own; the one that /proc gives them is exact. */
static int set_layers(int context, const char *key, const char *paths, struct error *err)
{
	int r = set_option(context, "overlay", key, paths, err);

	return r == -ENOENT ? error_set(err, ENOENT, "mounting overlay: no /proc is mounted") : r;
}

static int set_layer(int context, const char *key, int fd, struct error *err)
{
	char path[sizeof("/proc/self/fd/2147483647")];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return set_layers(context, key, path, err);
}

/* All lower layers in one option; false if they do not fit. */
static bool join_layers(const struct mount_tree_overlay *wanted, char joined[OPTION_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < wanted->n_lower; i++) {
		int n = snprintf(joined + used, OPTION_SIZE - used, "%s/proc/self/fd/%d",
				 i == 0 ? "" : ":", wanted->lower[i]);

		if (n < 0 || (size_t)n >= OPTION_SIZE - used)
			return false;
		used += (size_t)n;
	}
	return true;
}

static int set_lower_layers(int context, const struct mount_tree_overlay *wanted, struct error *err)
{
	char joined[OPTION_SIZE];

	if (join_layers(wanted, joined))
		return set_layers(context, "lowerdir", joined, err);
	/* One by one, which Linux 6.5 brought. */
	for (size_t i = 0; i < wanted->n_lower; i++) {
		int r = set_layer(context, "lowerdir+", wanted->lower[i], err);

		if (r < 0)
			return error_prefix(err, "stacking %zu layers", wanted->n_lower);
	}
	return 0;
}

int mount_tree_overlay(const struct mount_tree_overlay *wanted, int *ret_tree, struct error *err)
{
	auto_close int context = FD_NONE;
	int r;

	if (wanted->n_lower < 1 || wanted->n_lower > MOUNT_TREE_MAX_LOWER)
		return error_set(err, EINVAL, "making an overlay: %zu lower layers, 1 to %d can be",
				 wanted->n_lower, MOUNT_TREE_MAX_LOWER);
	context = open_context("overlay", err);
	if (context < 0)
		return context;
	r = set_lower_layers(context, wanted, err);
	if (r == 0 && wanted->upper >= 0)
		r = set_layer(context, "upperdir", wanted->upper, err);
	if (r == 0 && wanted->upper >= 0)
		r = set_layer(context, "workdir", wanted->work, err);
	if (r == 0 && wanted->no_sync)
		r = set_option(context, "overlay", "volatile", NULL, err);
	if (r < 0)
		return r;
	return finish_context(context, "overlay", &wanted->attr, ret_tree, err);
}

static int set_attr(int tree, struct mount_attr *attr, enum mount_tree_scope scope,
		    struct error *err)
{
	unsigned flags = AT_EMPTY_PATH;

	if (scope == MOUNT_TREE_ALL)
		flags |= AT_RECURSIVE;
	if (mount_setattr(tree, "", flags, attr, sizeof(*attr)) < 0)
		return kernel_floor_error(err, "mount_setattr", "changing a mount tree");
	return 0;
}

int mount_tree_restrict(int tree, const struct mount_tree_attr *attr, enum mount_tree_scope scope,
			struct error *err)
{
	struct mount_attr change = { .attr_set = attr_flags(attr) };

	return set_attr(tree, &change, scope, err);
}

int mount_tree_confine(int tree, const struct mount_tree_attr *attr, enum mount_tree_scope scope,
		       enum mount_tree_propagation propagation, struct error *err)
{
	struct mount_attr change = {
		.attr_set = attr_flags(attr),
		.propagation = propagation == MOUNT_TREE_PRIVATE ? MS_PRIVATE : MS_SLAVE,
	};

	return set_attr(tree, &change, scope, err);
}

int mount_tree_map_users(int tree, int user_namespace, enum mount_tree_scope scope,
			 struct error *err)
{
	struct mount_attr change = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)(unsigned)user_namespace,
	};
	int r;

	if (user_namespace < 0)
		return error_set(err, EBADF, "mapping the owners of a mount tree: no namespace");
	r = set_attr(tree, &change, scope, err);
	if (r == -EINVAL)
		return error_set(err, EINVAL,
				 "mapping the owners of a mount tree: its file system cannot");
	return r < 0 ? error_prefix(err, "mapping the owners of a mount tree") : 0;
}

int mount_tree_attach(int tree, int dir_fd, const char *name, struct error *err)
{
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH;

	if (strchr(name, '/') != NULL || strcmp(name, "..") == 0)
		return error_set(err, EINVAL, "attaching a mount tree at %s: not a plain name",
				 name);
	if (name[0] == '\0')
		flags |= MOVE_MOUNT_T_EMPTY_PATH;
	if (move_mount(tree, "", dir_fd, name, flags) < 0)
		return kernel_floor_error(err, "move_mount", "attaching a mount tree%s%s",
					  name[0] == '\0' ? "" : " at ", name);
	return 0;
}
