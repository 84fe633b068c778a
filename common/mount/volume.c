/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/host_path.h"
#include "common/kernel/tree_copy.h"
#include "common/mount/mount_tree.h"

static bool holds_devices(const struct volume_source *source, const struct stat *st)
{
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) || strcmp(source->path, "/dev") == 0 ||
	       strncmp(source->path, "/dev/", strlen("/dev/")) == 0;
}

struct confinement {
	struct mount_tree_attr attr;
	enum mount_tree_scope scope;
	int user_namespace;
};

/* A detached copy of what fd shows, with its flags. */
static int clone_confined(int fd, const struct confinement *wanted, int *ret_tree,
			  struct error *err)
{
	auto_close int tree = FD_NONE;
	int r;

	r = mount_tree_clone(fd, wanted->scope, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, &wanted->attr, wanted->scope, MOUNT_TREE_SLAVE, err);
	if (r == 0 && wanted->user_namespace >= 0)
		r = mount_tree_map_users(tree, wanted->user_namespace, wanted->scope, err);
	if (r < 0)
		return r;
	*ret_tree = take_fd(&tree);
	return 0;
}

static int open_host(const struct volume_source *source, int *ret_tree, struct error *err)
{
	auto_close int fd = FD_NONE;
	struct confinement wanted = { .attr.read_only = source->read_only,
				      .scope = source->recursive ? MOUNT_TREE_ALL : MOUNT_TREE_TOP,
				      .user_namespace = source->user_namespace };
	struct stat st;
	int r;

	r = host_path_open(source->path, &fd, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return error_from_errno(err, "looking at %s", source->path);
	wanted.attr.no_suid = !source->host_flags;
	wanted.attr.no_dev = !source->host_flags && !holds_devices(source, &st);
	r = clone_confined(fd, &wanted, ret_tree, err);
	return r < 0 ? error_prefix(err, "%s", source->path) : 0;
}

int volume_open_host(const struct volume_source *source, int *ret_tree, struct error *err)
{
	int r = open_host(source, ret_tree, err);

	return r < 0 ? error_prefix(err, "volume %s", source->name) : 0;
}

/* Once: whoever comes later finds it as it is. */
static int fill(int dir_fd, const struct volume_empty *wanted, struct error *err)
{
	int r = tree_copy(wanted->content, ".", dir_fd, wanted->name, err);

	if (r != -EEXIST)
		return r;
	error_clear(err);
	return 0;
}

static int open_empty(int dir_fd, const struct volume_empty *wanted, int *ret_tree,
		      struct error *err)
{
	const struct confinement confinement = {
		.attr = { .read_only = wanted->read_only, .no_suid = true, .no_dev = true },
		.scope = MOUNT_TREE_TOP,
		.user_namespace = wanted->user_namespace,
	};
	auto_close int fd = FD_NONE;
	int r = 0;

	if (strchr(wanted->name, '/') != NULL || wanted->name[0] == '\0' ||
	    strcmp(wanted->name, ".") == 0 || strcmp(wanted->name, "..") == 0)
		return error_set(err, EINVAL, "not a plain name");
	if (wanted->content >= 0)
		r = fill(dir_fd, wanted, err);
	if (r == 0)
		r = path_make_directory(dir_fd, wanted->name, &wanted->owner, &fd, err);
	if (r < 0)
		return r;
	return clone_confined(fd, &confinement, ret_tree, err);
}

int volume_open_empty(int dir_fd, const struct volume_empty *wanted, int *ret_tree,
		      struct error *err)
{
	int r = open_empty(dir_fd, wanted, ret_tree, err);

	return r < 0 ? error_prefix(err, "volume %s", wanted->name) : 0;
}

int volume_attach(int tree, int root_fd, const char *target, struct error *err)
{
	static const struct path_owner directory = { .mode = 0755 };
	static const struct path_owner file = { .mode = 0644 };
	auto_close int fd = FD_NONE;
	struct stat st;
	int r;

	if (fstat(tree, &st) < 0)
		return error_from_errno(err, "mounting %s: looking at the volume", target);
	r = S_ISDIR(st.st_mode) ? path_make_directory(root_fd, target, &directory, &fd, err)
				: path_make_file(root_fd, target, &file, &fd, err);
	if (r == 0)
		r = mount_tree_attach(tree, fd, "", err);
	return r < 0 ? error_prefix(err, "mounting %s", target) : 0;
}
