/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_search.h"

#include <errno.h>

#include "common/kernel/procfs.h"

struct search {
	int proc_fd;
	pid_t parent;
	pid_t best;
	uint64_t best_start;
};

/* Those that end while we look are no candidates. */
static int consider(pid_t pid, void *data)
{
	struct search *search = data;
	struct procfs_stat stat;
	struct error ignored = { 0 };

	if (procfs_read_stat(search->proc_fd, pid, &stat, &ignored) < 0 || stat.state == 'Z')
		return 0;
	if (pid != search->parent && stat.ppid != search->parent)
		return 0;
	if (search->best != 0 && stat.start_time >= search->best_start)
		return 0;
	search->best = pid;
	search->best_start = stat.start_time;
	return 0;
}

int app_search(int proc_fd, const struct cgroup_app *cgroup, pid_t parent, struct child *ret,
	       struct error *err)
{
	struct search search = { .proc_fd = proc_fd, .parent = parent };
	int r;

	r = cgroup_app_processes(cgroup, consider, &search, err);
	if (r < 0)
		return r;
	if (search.best == 0)
		return error_set(err, ESRCH, "the app is not running");
	r = procfs_open_pidfd(proc_fd, search.best, search.best_start, &ret->pidfd, err);
	if (r < 0)
		return r;
	ret->pid = search.best;
	return 0;
}
