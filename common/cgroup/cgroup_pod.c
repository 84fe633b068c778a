/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_pod.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_leaf.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_name.h"

/* How well a hierarchy tracks the processes of a pod; 0: only when nothing else is there. */
static unsigned tracking_rank(const struct cgroup_hierarchy *hierarchy, uint32_t wanted)
{
	if (hierarchy->version == 2)
		return 4;
	if (hierarchy->controllers & CGROUP_SYSTEMD)
		return 3;
	if (hierarchy->controllers & CGROUP_FREEZER)
		return 2;
	return (hierarchy->controllers & wanted) != 0;
}

static const struct cgroup_hierarchy *find_tracking(const struct cgroup_host *host, uint32_t wanted)
{
	const struct cgroup_hierarchy *best = NULL;

	for (size_t i = 0; i < host->n; i++) {
		const struct cgroup_hierarchy *item = &host->items[i];

		if (best == NULL || tracking_rank(item, wanted) > tracking_rank(best, wanted))
			best = item;
	}
	return best;
}

static uint32_t v1_controllers(const struct cgroup_host *host)
{
	uint32_t controllers = 0;

	for (size_t i = 0; i < host->n; i++)
		controllers |= host->items[i].version == 1 ? host->items[i].controllers : 0;
	return controllers;
}

static int add_item(struct arena *arena, const struct cgroup_hierarchy *hierarchy,
		    uint32_t controllers, const char *scope, struct cgroup_pod *pod)
{
	struct cgroup_pod_item *item = &pod->items[pod->n];
	const char *base = hierarchy->base_path;
	const char *path = arena_printf(arena, "%s%s%s/%s", hierarchy->mount_point,
					base[0] == '\0' ? "" : "/", base, scope);

	if (path == NULL || strlen(path) >= PATH_MAX)
		return -ENOMEM;
	*item = (struct cgroup_pod_item){
		.manager = hierarchy->version == 2 ? &cgroup_v2 : &cgroup_v1,
		.controllers = controllers,
		.path = path,
		.base_length = strlen(path) - strlen(scope) - 1,
		.scope_fd = FD_NONE,
		.slice_fd = FD_NONE,
		.init_fd = FD_NONE,
	};
	if (pod->n == 0)
		pod->subcgroup = path + strlen(hierarchy->mount_point);
	pod->n++;
	return 0;
}

int cgroup_pod_plan(struct arena *arena, const struct cgroup_host *host,
		    const struct cgroup_pod_request *request, struct cgroup_pod *ret,
		    struct error *err)
{
	struct cgroup_pod pod = CGROUP_POD_NONE;
	uint32_t built_in = CGROUP_V2_BUILT_IN & ~v1_controllers(host);
	const struct cgroup_hierarchy *tracking = find_tracking(host, request->controllers);
	char scope[CGROUP_SCOPE_NAME_SIZE];
	int r = cgroup_scope_name(request->uuid, scope, err);

	if (r < 0)
		return r;
	if (tracking == NULL)
		return error_set(err, ENOENT, "planning the cgroups of a pod: none are mounted");
	/* A device policy is a v1 matter where v1 has the controller: no BPF is needed then. */
	r = add_item(arena, tracking,
		     request->controllers &
			 (tracking->controllers | (tracking->version == 2 ? built_in : 0)),
		     scope, &pod);
	for (size_t i = 0; r == 0 && i < host->n; i++) {
		uint32_t used = host->items[i].controllers & request->controllers;

		if (&host->items[i] != tracking && used != 0)
			r = add_item(arena, &host->items[i], used, scope, &pod);
	}
	if (r < 0)
		return error_set(err, -r, "planning the cgroups of a pod: out of memory");
	pod.is_there = host->has_pod;
	pod.may_move = host->delegated;
	pod.in_machine_slice = tracking->version == 2 && !host->delegated;
	*ret = pod;
	return 0;
}

/* The controllers that have to be enabled, which makes a cgroup one without processes. */
static uint32_t to_enable(const struct cgroup_pod_item *item)
{
	return item->manager->version == 2 ? item->controllers & ~CGROUP_V2_BUILT_IN : 0;
}

static int make_and_open(int dir_fd, const char *name, int *ret_fd, struct error *err)
{
	int fd;

	if (mkdirat(dir_fd, name, 0755) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the cgroup %s", name);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_from_errno(err, "opening the cgroup %s", name);
	cleanup_close(ret_fd);
	*ret_fd = fd;
	return 0;
}

static int enable(const struct cgroup_pod *pod, const struct cgroup_pod_item *item, int fd,
		  struct error *err)
{
	return pod->is_there ? 0 : cgroup_leaf_enable(fd, to_enable(item), false, err);
}

/* v2: makes BASE ready for children, and with controllers if any are needed. */
static int prepare_base(const struct cgroup_pod *pod, const struct cgroup_pod_item *item,
			struct error *err)
{
	uint32_t controllers = to_enable(item);
	auto_close int fd = FD_NONE;
	char base[PATH_MAX];
	int r;

	if (item->manager->version != 2 || pod->is_there ||
	    (controllers == 0 && !pod->in_machine_slice))
		return 0;
	(void)snprintf(base, sizeof(base), "%.*s", (int)item->base_length, item->path);
	if (pod->in_machine_slice && mkdir(base, 0755) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the cgroup %s", base);
	fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening the cgroup %s", base);
	if (pod->in_machine_slice) {
		auto_close int root = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r = root < 0 ? error_from_errno(err, "opening the root of the cgroups")
			     : cgroup_leaf_enable(root, controllers, false, err);
		if (r < 0)
			return r;
	}
	r = cgroup_leaf_enable(fd, controllers, pod->may_move, err);
	return r < 0 ? error_prefix(err, "%s", base) : 0;
}

static int set_pod_limits(const struct cgroup_pod_item *item, const struct cgroup_limits *limits,
			  struct error *err)
{
	/* Weighed against the pod's siblings; the rest bounds the apps (cgroup_pod.h). */
	const struct cgroup_limits of_scope = {
		.has_cpu_shares = limits->has_cpu_shares,
		.cpu_shares = limits->cpu_shares,
		.has_memory_request = limits->has_memory_request,
		.memory_request_bytes = limits->memory_request_bytes,
	};
	struct cgroup_limits of_slice = *limits;
	int r = item->manager->set_limits(item->scope_fd, item->controllers, &of_scope, err);

	of_slice.has_cpu_shares = false;
	if (r < 0)
		return r;
	return item->manager->set_limits(item->slice_fd, item->controllers, &of_slice, err);
}

static int make_item(const struct cgroup_pod *pod, struct cgroup_pod_item *item,
		     const struct cgroup_limits *limits, struct error *err)
{
	int r = prepare_base(pod, item, err);

	if (r == 0)
		r = make_and_open(AT_FDCWD, item->path, &item->scope_fd, err);
	if (r == 0)
		r = enable(pod, item, item->scope_fd, err);
	if (r == 0 && to_enable(item) != 0)
		r = make_and_open(item->scope_fd, CGROUP_INIT_NAME, &item->init_fd, err);
	if (r == 0)
		r = make_and_open(item->scope_fd, CGROUP_SLICE_NAME, &item->slice_fd, err);
	if (r == 0)
		r = enable(pod, item, item->slice_fd, err);
	if (r == 0)
		r = set_pod_limits(item, limits, err);
	return r;
}

int cgroup_pod_create(struct cgroup_pod *pod, const struct cgroup_limits *limits, struct error *err)
{
	for (size_t i = 0; i < pod->n; i++) {
		int r = make_item(pod, &pod->items[i], limits, err);

		if (r < 0)
			return error_prefix(err, "making the cgroups of the pod");
	}
	return 0;
}

/* Where PID 1 goes: in the tracking hierarchy only. */
static int pid1_fd(const struct cgroup_pod *pod)
{
	if (pod->n == 0)
		return FD_NONE;
	return pod->items[0].init_fd >= 0 ? pod->items[0].init_fd : pod->items[0].scope_fd;
}

int cgroup_pod_clone_fd(const struct cgroup_pod *pod)
{
	return pod->n > 0 && pod->items[0].manager->version == 2 ? pid1_fd(pod) : FD_NONE;
}

int cgroup_pod_join(const struct cgroup_pod *pod, struct error *err)
{
	if (pid1_fd(pod) < 0)
		return error_set(err, EBADF, "joining the cgroup of the pod: it is not open");
	if (file_write_at(pid1_fd(pod), "cgroup.procs", "0", err) < 0)
		return error_prefix(err, "joining the cgroup of the pod");
	return 0;
}

void cgroup_pod_release(struct cgroup_pod *pod)
{
	for (size_t i = 0; i < pod->n; i++) {
		cleanup_close(&pod->items[i].scope_fd);
		cleanup_close(&pod->items[i].slice_fd);
		cleanup_close(&pod->items[i].init_fd);
	}
	pod->n = 0;
}
