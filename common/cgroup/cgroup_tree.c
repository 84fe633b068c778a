/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/cgroup/cgroup_wait.h"

/* Removing goes on as long as it gets anywhere; this is only against never ending. */
#define MAX_REMOVE_STEPS 1000000

/* A stream of the cgroups right below fd; fd stays the caller's. */
static DIR *open_listing(int fd)
{
	auto_close int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (dir != NULL)
		(void)take_fd(&own);
	return dir;
}

static const char *next_child(DIR *dir)
{
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	}
	return NULL;
}

/*
 * One cgroup's own processes.  EOPNOTSUPP: a threaded v2 cgroup, whose processes
 * are listed by its domain above; ENODEV: the cgroup is just being removed.
 */
int cgroup_tree_own_processes(int fd, int (*found)(pid_t pid, void *data), void *data,
			      struct error *err)
{
	auto_close int list = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *file = list < 0 ? NULL : fdopen(list, "re");
	char line[32];
	int r = 0;

	if (file == NULL)
		return errno == ENOENT || errno == ENODEV
			   ? 0
			   : error_from_errno(err, "opening cgroup.procs");
	(void)take_fd(&list);
	while (r == 0 && fgets(line, sizeof(line), file) != NULL) {
		uint32_t pid;

		line[strcspn(line, "\n")] = '\0';
		if (parse_u32(line, INT_MAX, &pid) < 0)
			r = error_set(err, EPROTO, "reading cgroup.procs: \"%s\" is no pid", line);
		else if (pid !=
			 0) /* 0: outside our pid namespace; as a pid it would be ourselves */
			r = found((pid_t)pid, data);
	}
	if (r == 0 && ferror(file) && errno != EOPNOTSUPP && errno != ENODEV)
		r = error_from_errno(err, "reading cgroup.procs");
	(void)fclose(file);
	return r;
}

struct visit {
	int (*found)(pid_t pid, void *data);
	void *data;
};

static int visit_processes(int fd, unsigned depth, const struct visit *visit, struct error *err)
{
	auto_dir DIR *dir = NULL;
	const char *name;
	int r = cgroup_tree_own_processes(fd, visit->found, visit->data, err);

	if (r != 0)
		return r;
	if (depth == CGROUP_MAX_DEPTH)
		return error_set(err, ELOOP, "looking for processes: cgroups nest deeper than %d",
				 CGROUP_MAX_DEPTH);
	dir = open_listing(fd);
	while (dir != NULL && (name = next_child(dir)) != NULL) {
		auto_close int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r = child < 0 ? 0 : visit_processes(child, depth + 1, visit, err);
		if (r != 0)
			return r;
	}
	return 0;
}

int cgroup_tree_processes(int fd, int (*found)(pid_t pid, void *data), void *data,
			  struct error *err)
{
	const struct visit visit = { .found = found, .data = data };

	return visit_processes(fd, 0, &visit, err);
}

/* The name of the first cgroup below fd; false: there is none. */
static bool first_child(int fd, char name[NAME_MAX + 1])
{
	auto_dir DIR *dir = open_listing(fd);
	const char *found = dir == NULL ? NULL : next_child(dir);

	if (found == NULL)
		return false;
	(void)snprintf(name, NAME_MAX + 1, "%s", found);
	return true;
}

/* Moves *fd to another directory. */
static int move_to(int *fd, const char *name)
{
	int other = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (other < 0)
		return -errno;
	cleanup_close(fd);
	*fd = other;
	return 0;
}

/*
 * Removes all below top, however deep it nests, with one fd: down to a cgroup
 * without children, then up (".." of a cgroup is its parent) and away with it.
 */
static int remove_children(int top)
{
	auto_close int at = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	size_t depth = 0;
	int r = at < 0 ? -errno : 0;

	for (size_t step = 0; r == 0 && step < MAX_REMOVE_STEPS; step++) {
		if (!first_child(at, name)) {
			if (depth == 0)
				return 0;
			depth--;
			r = move_to(&at, "..");
			continue;
		}
		if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		depth++;
		r = move_to(&at, name);
		if (r == 0 && !first_child(at, name))
			return -EBUSY; /* not children, so it is processes that hold it */
	}
	return r < 0 ? r : -EBUSY;
}

int cgroup_tree_remove(int parent_fd, const char *name, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r;

	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENODEV)
		return 0;
	if (errno != EBUSY && errno != ENOTEMPTY)
		return error_from_errno(err, "removing the cgroup %s", name);
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "opening the cgroup %s", name);
	r = remove_children(fd);
	if (r == 0 && unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	if (r == -EBUSY || r == -ENOTEMPTY)
		return error_set(err, EBUSY, "removing the cgroup %s: processes are in it", name);
	if (r < 0)
		return error_set(err, -r, "removing the cgroup %s: %s", name, strerror(-r));
	return 0;
}

int cgroup_tree_remove_within(int parent_fd, const char *name, unsigned timeout_ms,
			      struct error *err)
{
	struct cgroup_wait wait = CGROUP_WAIT(timeout_ms);
	struct error last = { 0 };
	int r;

	do
		r = cgroup_tree_remove(parent_fd, name, &last);
	while (r == -EBUSY && cgroup_wait_again(&wait));
	if (r < 0 && err != NULL)
		*err = last;
	return r;
}
