/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/cleanup.h"
#include "common/mount/api_file_systems.h"
#include "common/mount/etc_file.h"
#include "common/mount/masked_paths.h"
#include "common/mount/mount_tree.h"
#include "common/mount/root_defaults.h"
#include "common/mount/root_switch.h"
#include "common/mount/volume.h"
#include "common/supervisor/notify_relay.h"

#define CAP_NET_ADMIN_NUMBER 12 /* <linux/capability.h> */

static int open_directory(const char *path, int *ret_fd, struct error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_from_errno(err, "opening %s", path);
	*ret_fd = fd;
	return 0;
}

/* Device nodes of an image give nothing: what /dev needs is bind-mounted there. */
static int open_root(const struct app_surroundings *surroundings, const struct plan_app *app,
		     int *ret_root, struct error *err)
{
	auto_close int rootfs = FD_NONE;
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s/rootfs", surroundings->roots, app->name);
	int r;

	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(err, ENAMETOOLONG, "opening the root of app %s", app->name);
	r = open_directory(path, &rootfs, err);
	if (r < 0)
		return r;
	return root_switch_prepare(rootfs, &(struct mount_tree_attr){ .no_dev = true }, ret_root,
				   err);
}

/* The pod's shared memory, as a tree for this app's /dev/shm. */
static int clone_shm(const struct app_surroundings *surroundings, int *ret_tree, struct error *err)
{
	auto_close int shm = FD_NONE;
	int r;

	if (surroundings->shm == NULL)
		return 0;
	r = open_directory(surroundings->shm, &shm, err);
	if (r < 0)
		return r;
	return mount_tree_clone(shm, MOUNT_TREE_TOP, ret_tree, err);
}

static int mount_api_file_systems(const struct app_surroundings *surroundings,
				  const struct plan_app *app, int root, struct error *err)
{
	struct api_file_systems wanted = { .shm = FD_NONE, .console = FD_NONE };
	struct api_file_systems_made made = { FD_NONE, FD_NONE, FD_NONE };
	auto_close int shm = FD_NONE;
	int r;

	if (!surroundings->plan->own_api_file_systems)
		return api_file_systems_share_host(root, err);
	r = clone_shm(surroundings, &shm, err);
	if (r < 0)
		return r;
	wanted.shm = shm;
	wanted.cgroup_view = surroundings->plan->own_cgroup && surroundings->cgroup_view;
	/* Nobody else can make a tunnel of it. */
	wanted.tunnels = (app->capabilities & (UINT64_C(1) << CAP_NET_ADMIN_NUMBER)) != 0;
	r = api_file_systems_mount(root, &wanted, &made, err);
	if (r == 0 && app->protect_paths)
		r = masked_paths_apply(&made, err);
	api_file_systems_made_release(&made);
	return r;
}

static int show_etc_file(const struct app_surroundings *surroundings,
			 const struct app_resources *resources, int root,
			 const struct app_etc_file *file, struct error *err)
{
	auto_close int store = FD_NONE;
	char name[NAME_MAX + 1];
	int n;
	int r;

	if (file->content == NULL)
		return 0;
	n = snprintf(name, sizeof(name), "%.200s-%s", resources->app->name, file->name);
	if (n < 0)
		return error_set(err, EINVAL, "naming the file %s", file->name);
	r = open_directory(surroundings->etc_store, &store, err);
	if (r < 0)
		return r;
	return etc_file_show(root, store,
			     &(struct etc_file){ .name = name,
						 .target = file->target,
						 .content = file->content,
						 .if_missing = file->if_missing },
			     err);
}

/* By a file of /etc that goes before a volume on it. */
static bool is_hidden(const struct app_resources *resources, const char *target)
{
	for (size_t i = 0; i < ARRAY_LENGTH(resources->etc_files); i++) {
		const struct app_etc_file *file = &resources->etc_files[i];

		if (file->content != NULL && file->before_volume &&
		    strcmp(file->target, target) == 0)
			return true;
	}
	return false;
}

static int attach_volumes(const struct app_resources *resources, int root, struct error *err)
{
	const struct plan_app *app = resources->app;

	for (size_t i = 0; i < app->n_mounts; i++) {
		int r;

		if (is_hidden(resources, app->mounts[i].target))
			continue;
		r = volume_attach(resources->volumes[i], root, app->mounts[i].target, err);
		if (r < 0)
			return error_prefix(err, "volume %s", app->mounts[i].volume);
	}
	return 0;
}

int app_root_enter(const struct app_surroundings *surroundings,
		   const struct app_resources *resources, struct error *err)
{
	const struct plan_app *app = resources->app;
	auto_close int root = FD_NONE;
	int r;

	r = open_root(surroundings, app, &root, err);
	if (r == 0)
		r = root_defaults_make(root, err);
	if (r == 0)
		r = mount_api_file_systems(surroundings, app, root, err);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(resources->etc_files); i++)
		r = show_etc_file(surroundings, resources, root, &resources->etc_files[i], err);
	if (r == 0 && resources->notify_tree >= 0)
		r = volume_attach(resources->notify_tree, root, NOTIFY_RELAY_TARGET, err);
	if (r == 0)
		r = attach_volumes(resources, root, err);
	if (r == 0 && app->read_only_root)
		r = root_switch_make_read_only(root, err);
	if (r == 0)
		r = root_switch_enter(root, err);
	return r;
}
