/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_name.h"
#include "common/cgroup/cgroup_pod.h"
#include "common/kernel/path_in_root.h"

int cgroup_pod_write(const struct cgroup_pod *pod, struct text *out)
{
	for (size_t i = 0; i < pod->n; i++) {
		/* A mount point may have any name, a line may not. */
		if (strchr(pod->items[i].path, '\n') != NULL)
			return -EINVAL;
		(void)cgroup_controllers_write(pod->items[i].controllers, out);
		(void)text_printf(out, ":%s\n", pod->items[i].path);
	}
	return text_status(out);
}

static bool is_component(const char *name, size_t length)
{
	return length > 0 && length <= NAME_MAX && !(length == 1 && name[0] == '.') &&
	       !(length == 2 && name[0] == '.' && name[1] == '.');
}

/* An absolute path of nothing but names, the last one scope. */
static bool is_scope_path(const char *path, const char *scope)
{
	const char *last = path;

	if (strlen(path) >= PATH_MAX || path[0] != '/')
		return false;
	for (const char *p = path; *p == '/';) {
		size_t length = strcspn(++p, "/");

		if (!is_component(p, length))
			return false;
		last = p;
		p += length;
	}
	return last > path + 1 && strcmp(last, scope) == 0;
}

static int read_line(char *line, const char *scope, struct cgroup_pod *pod)
{
	struct cgroup_pod_item *item = &pod->items[pod->n];
	char *path = strchr(line, ':');
	int r;

	if (path == NULL || pod->n == CGROUP_MAX_HIERARCHIES)
		return -EINVAL;
	*item = (struct cgroup_pod_item){
		.path = path + 1,
		.scope_fd = FD_NONE,
		.slice_fd = FD_NONE,
		.init_fd = FD_NONE,
	};
	r = cgroup_controllers_read(line, (size_t)(path - line), &item->controllers);
	if (r < 0 || !is_scope_path(item->path, scope))
		return -EINVAL;
	item->base_length = strlen(item->path) - strlen(scope) - 1;
	pod->n++;
	return 0;
}

int cgroup_pod_read(struct arena *arena, const char *record, const char *uuid,
		    struct cgroup_pod *ret, struct error *err)
{
	struct cgroup_pod pod = CGROUP_POD_NONE;
	char scope[CGROUP_SCOPE_NAME_SIZE];
	char *line = arena_string(arena, record);
	int r = cgroup_scope_name(uuid, scope, err);

	if (r < 0)
		return r;
	if (line == NULL)
		return error_set(err, ENOMEM, "reading the record of cgroups: out of memory");
	while (*line != '\0') {
		char *end = strchr(line, '\n');

		if (end == NULL)
			return error_set(err, EINVAL, "reading the record of cgroups: cut short");
		*end = '\0';
		if (read_line(line, scope, &pod) < 0)
			return error_set(
			    err, EINVAL,
			    "reading the record of cgroups: line %zu is not of this pod",
			    pod.n + 1);
		line = end + 1;
	}
	*ret = pod;
	return 0;
}

/* The kind of cgroup that fd is in; NULL: it is none. */
static const struct cgroup_manager *manager_of(int fd)
{
	struct statfs info;

	if (fstatfs(fd, &info) < 0)
		return NULL;
	if ((unsigned long)info.f_type == CGROUP2_SUPER_MAGIC)
		return &cgroup_v2;
	return (unsigned long)info.f_type == CGROUP_SUPER_MAGIC ? &cgroup_v1 : NULL;
}

static int open_item(struct cgroup_pod_item *item, struct error *err)
{
	auto_close int scope = FD_NONE;
	const struct cgroup_manager *manager;
	int r = path_open_no_symlinks(AT_FDCWD, item->path, O_RDONLY | O_DIRECTORY, &scope, err);

	if (r < 0)
		return r;
	manager = manager_of(scope);
	if (manager == NULL)
		return error_set(err, EINVAL, "opening %s: not a cgroup", item->path);
	cleanup_close(&item->slice_fd);
	cleanup_close(&item->init_fd);
	item->slice_fd =
	    openat(scope, CGROUP_SLICE_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	item->init_fd =
	    openat(scope, CGROUP_INIT_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_close(&item->scope_fd);
	item->scope_fd = take_fd(&scope);
	item->manager = manager;
	return 0;
}

int cgroup_pod_open(struct cgroup_pod *pod, struct error *err)
{
	for (size_t i = 0; i < pod->n; i++) {
		struct error mine = { 0 };
		int r = open_item(&pod->items[i], &mine);

		if (r == 0 || r == -ENOENT)
			continue;
		if (err != NULL)
			*err = mine;
		return r;
	}
	return 0;
}
