/* SPDX-License-Identifier: Apache-2.0 */
/* How pods and apps end: their processes, and the removal of what they had. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_app.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_name.h"
#include "common/cgroup/cgroup_tree.h"
#include "common/kernel/path_in_root.h"

/* v1 kills one by one; a bomb forks faster than that unless it cannot fork at all. */
static void forbid_forks(const struct cgroup_manager *manager, uint32_t controllers, int fd)
{
	struct error ignored;

	if (manager->version != 1 || (controllers & CGROUP_PIDS) == 0)
		return;
	if (file_write_at(fd, "pids.max", "0", &ignored) < 0)
		return; /* the cgroup is gone, or it takes some rounds more */
}

int cgroup_pod_processes(const struct cgroup_pod *pod, int (*found)(pid_t pid, void *data),
			 void *data, struct error *err)
{
	if (pod->n == 0 || pod->items[0].scope_fd < 0)
		return 0;
	return cgroup_tree_processes(pod->items[0].scope_fd, found, data, err);
}

int cgroup_pod_kill(const struct cgroup_pod *pod, unsigned timeout_ms, struct error *err)
{
	for (size_t i = 0; i < pod->n; i++) {
		const struct cgroup_pod_item *item = &pod->items[i];

		if (item->scope_fd >= 0)
			forbid_forks(item->manager, item->controllers, item->scope_fd);
	}
	/* The first has them all, unless one moved itself; removing would find it. */
	for (size_t i = 0; i < pod->n; i++) {
		const struct cgroup_pod_item *item = &pod->items[i];
		int r;

		if (item->scope_fd < 0)
			continue;
		r = cgroup_kill_all(item->manager, item->scope_fd, timeout_ms, err);
		if (r < 0)
			return error_prefix(err, "killing the pod");
	}
	return 0;
}

/* The scope's parent is found from the scope itself, which was verified when it was opened. */
static int remove_item(const struct cgroup_pod_item *item, unsigned timeout_ms, struct error *err)
{
	auto_close int base = FD_NONE;
	int r;

	if (item->scope_fd < 0)
		return 0;
	base = openat(item->scope_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return errno == ENOENT
			   ? 0
			   : error_from_errno(err, "opening the parent of %s", item->path);
	/* What usually is in it at the end, without a look. */
	(void)unlinkat(item->scope_fd, CGROUP_SLICE_NAME, AT_REMOVEDIR);
	if (item->init_fd >= 0)
		(void)unlinkat(item->scope_fd, CGROUP_INIT_NAME, AT_REMOVEDIR);
	r = cgroup_tree_remove_within(base, item->path + item->base_length + 1, timeout_ms, err);
	return r < 0 ? error_prefix(err, "%.*s", (int)item->base_length, item->path) : 0;
}

int cgroup_pod_remove(struct cgroup_pod *pod, unsigned timeout_ms, struct error *err)
{
	struct error first = { 0 };

	/* One that resists keeps none of the others. */
	for (size_t i = 0; i < pod->n; i++) {
		struct error mine = { 0 };

		if (remove_item(&pod->items[i], timeout_ms, &mine) < 0 && first.code == 0)
			first = mine;
	}
	if (first.code == 0)
		return 0;
	if (err != NULL)
		*err = first;
	return -first.code;
}

int cgroup_app_processes(const struct cgroup_app *app, int (*found)(pid_t pid, void *data),
			 void *data, struct error *err)
{
	if (app->n == 0)
		return 0;
	return cgroup_tree_processes(app->items[0].fd, found, data, err);
}

int cgroup_app_kill(const struct cgroup_app *app, unsigned timeout_ms, struct error *err)
{
	if (app->n == 0)
		return 0;
	for (size_t i = 0; i < app->n; i++)
		forbid_forks(app->items[i].manager, app->items[i].controllers, app->items[i].fd);
	if (cgroup_kill_all(app->items[0].manager, app->items[0].fd, timeout_ms, err) < 0)
		return error_prefix(err, "killing the app");
	return 0;
}

int cgroup_app_oom_killed(const struct cgroup_app *app, struct error *err)
{
	for (size_t i = 0; i < app->n; i++) {
		uint64_t kills = 0;

		if ((app->items[i].controllers & CGROUP_MEMORY) == 0)
			continue;
		if (app->items[i].manager->oom_kills(app->items[i].fd, &kills, err) < 0)
			return error_prefix(err, "asking whether the app was out of memory");
		return kills > 0;
	}
	return 0;
}

int cgroup_app_remove(const struct cgroup_pod *pod, const char *name, unsigned timeout_ms,
		      struct error *err)
{
	char directory[CGROUP_APP_NAME_SIZE];
	struct error first = { 0 };
	int r = cgroup_app_name(name, directory, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < pod->n; i++) {
		struct error mine = { 0 };

		if (pod->items[i].slice_fd >= 0 &&
		    cgroup_tree_remove_within(pod->items[i].slice_fd, directory, timeout_ms,
					      &mine) < 0 &&
		    first.code == 0)
			first = mine;
	}
	if (first.code == 0)
		return 0;
	if (err != NULL)
		*err = first;
	return -first.code;
}
