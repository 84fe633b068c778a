/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm_shares.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/mount_tree.h"
#include "common/mount/volume.h"
#include "stage1-kvm/pod_files.h"

/* The name that a volume which is a file has in its directory. */
#define FILE_NAME "file"

struct joining {
	const struct cgroup_app *cgroup;
	bool born_inside;
};

static int join(void *context, struct error *err)
{
	const struct joining *joining = context;

	return cgroup_app_join(joining->cgroup, joining->born_inside, err);
}

static int add_share(struct vm_shares *shares, const struct vm_share *wanted, int tree,
		     const struct cgroup_app *cgroup, struct error *err)
{
	struct vm_share *share = &shares->items[shares->n];
	struct joining joining = { .cgroup = cgroup,
				   .born_inside = cgroup_app_clone_fd(cgroup) >= 0 };
	struct share_request request = { .name = wanted->name,
					 .tree = tree,
					 .read_only = wanted->read_only,
					 .cgroup_fd = cgroup_app_clone_fd(cgroup),
					 .join = join,
					 .context = &joining };
	struct stat st;
	int r;

	if (fstat(tree, &st) < 0)
		return error_from_errno(err, "volume %s: looking at it", wanted->name);
	*share = *wanted;
	share->is_file = !S_ISDIR(st.st_mode);
	share->share = (struct share)SHARE_NONE;
	if (share->is_file)
		request.file = FILE_NAME;
	r = share_start(&request, &share->share, err);
	if (r == 0)
		shares->n++;
	return r;
}

static bool is_shared(const struct vm_shares *shares, const char *volume)
{
	for (size_t i = 0; i < shares->n; i++) {
		if (!shares->items[i].is_root && strcmp(shares->items[i].name, volume) == 0)
			return true;
	}
	return false;
}

static bool is_written(const struct plan *plan, const char *volume)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		for (size_t j = 0; j < plan->apps[i].n_mounts; j++) {
			const struct plan_mount *mount = &plan->apps[i].mounts[j];

			if (strcmp(mount->volume, volume) == 0 && !mount->read_only)
				return true;
		}
	}
	return false;
}

static int check_room(const struct vm_shares *shares, const char *name, struct error *err)
{
	if (shares->n < VM_SHARES_MAX)
		return 0;
	return error_set(err, E2BIG, "volume %s: a virtual machine has room for %d shares", name,
			 VM_SHARES_MAX);
}

static int open_volume(struct vm_shares *shares, const struct plan *plan,
		       const struct plan_mount *mount, const struct cgroup_app *cgroup,
		       struct error *err)
{
	const struct vm_share wanted = { .name = mount->volume,
					 .read_only = !is_written(plan, mount->volume) };
	const struct volume_source source = { .name = mount->volume,
					      .path = mount->source,
					      .read_only = wanted.read_only,
					      .recursive = mount->recursive,
					      .user_namespace = FD_NONE };
	auto_close int tree = FD_NONE;
	int r = check_room(shares, mount->volume, err);

	if (r == 0)
		r = volume_open_host(&source, &tree, err);
	return r < 0 ? r : add_share(shares, &wanted, tree, cgroup, err);
}

int vm_shares_open_volumes(struct vm_shares *shares, const struct plan *plan,
			   const struct cgroup_app *cgroup, struct error *err)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		for (size_t j = 0; j < plan->apps[i].n_mounts; j++) {
			const struct plan_mount *mount = &plan->apps[i].mounts[j];
			int r;

			if (mount->kind != PLAN_MOUNT_HOST || is_shared(shares, mount->volume))
				continue;
			r = open_volume(shares, plan, mount, cgroup, err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int vm_shares_open_root(struct vm_shares *shares, int pod_fd, const char *app,
			const struct cgroup_app *cgroup, struct error *err)
{
	static const struct mount_tree_attr attr = { .read_only = true, .no_dev = true };
	const struct vm_share wanted = { .name = app, .is_root = true, .read_only = true };
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;
	char path[PATH_MAX];
	int r = check_room(shares, app, err);

	if (r == 0 &&
	    snprintf(path, sizeof(path), "stage1/rootfs/opt/stage2/%s/rootfs", app) >= PATH_MAX)
		return error_set(err, ENAMETOOLONG, "app %s: its name", app);
	if (r < 0)
		return r;
	root = openat(pod_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (root < 0)
		return error_from_errno(err, "opening %s", path);
	r = mount_tree_clone(root, MOUNT_TREE_TOP, &tree, err);
	if (r == 0)
		r = mount_tree_confine(tree, &attr, MOUNT_TREE_TOP, MOUNT_TREE_PRIVATE, err);
	return r < 0 ? r : add_share(shares, &wanted, tree, cgroup, err);
}

void vm_shares_release(struct vm_shares *shares)
{
	for (size_t i = 0; i < shares->n; i++)
		share_stop(&shares->items[i].share);
	shares->n = 0;
}

static int on_end(short events, void *context, struct error *err)
{
	struct vm_share *share = context;

	(void)events;
	return share_last_words(&share->share, share->name, err);
}

int vm_shares_watch(struct vm_shares *shares, struct poll_set *poll_set, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < shares->n; i++)
		r = poll_set_add(poll_set, shares->items[i].share.server.pidfd, POLLIN, on_end,
				 &shares->items[i], err);
	return r;
}

static int order_volume(const struct vm_share *share, size_t number, struct channel *channel,
			struct error *err)
{
	const char *how = share->read_only ? "ro" : "rw";
	int r;

	if (!share->is_file)
		return pod_files_send_order(channel, err, "mount virtiofs share-%zu shares/%s %s",
					    number, share->name, how);
	r = pod_files_send_order(channel, err, "mount virtiofs share-%zu files/%s %s", number,
				 share->name, how);
	return r < 0 ? r
		     : pod_files_send_order(channel, err, "show files/%s/" FILE_NAME " shares/%s",
					    share->name, share->name);
}

int vm_shares_order_mounts(const struct vm_shares *shares, struct channel *channel,
			   struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < shares->n; i++) {
		const struct vm_share *share = &shares->items[i];

		r = share->is_root
			? pod_files_send_order(channel, err, "mount virtiofs share-%zu lower/%s ro",
					       i, share->name)
			: order_volume(share, i, channel, err);
	}
	return r;
}
