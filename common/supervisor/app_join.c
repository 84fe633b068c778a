/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_app.h"
#include "common/kernel/procfs.h"
#include "common/namespace/namespace_enter.h"
#include "common/privilege/parent_tie.h"
#include "common/process/child.h"
#include "common/process/exit_status.h"
#include "common/process/fd_passing.h"
#include "common/process/signals.h"
#include "common/process/terminal.h"
#include "common/supervisor/app_resources.h"
#include "common/supervisor/app_search.h"
#include "common/supervisor/join_watch.h"
#include "common/supervisor/metadata_url.h"
#include "common/supervisor/pod_cgroups.h"
#include "common/supervisor/sandbox.h"

struct joined {
	const struct app_join *join;
	struct app_resources resources;
	struct child child;
	int terminal[2]; /* sockets: the pty's master comes this way; FD_NONE: no terminal */
};

/* The app's root, by which its user is looked up as run did. */
static int open_root(pid_t pid, int *ret_fd, struct error *err)
{
	char path[64];
	int n = snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	int fd = n > 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return error_from_errno(err, "opening the app's root");
	*ret_fd = fd;
	return 0;
}

static int open_resources(const struct app_join *join, pid_t pid, struct app_resources *ret,
			  struct error *err)
{
	auto_close int root = FD_NONE;
	struct app_places places = { .host_root = FD_NONE,
				     .stage1_root = FD_NONE,
				     .empty_volumes = FD_NONE,
				     .notify_file = FD_NONE,
				     .user_namespace = FD_NONE };
	int r = open_root(pid, &root, err);

	if (r < 0)
		return r;
	places.app_root = root;
	ret->app = join->app;
	r = app_resources_open(join->arena, join->plan, &places, ret, err);
	if (r == 0)
		r = metadata_url_take(join->arena, join->plan, join->metadata_host, ret, err);
	if (r < 0)
		return r;
	return cgroup_app_open(join->cgroup, pod_cgroups_name(join->app), &ret->cgroup, err);
}

static int note_difference(int proc_fd, pid_t pid, const char *kind, bool *ret, struct error *err)
{
	bool shared = false;
	int r = namespace_is_shared(proc_fd, pid, kind, &shared, err);

	*ret = !shared;
	return r;
}

/* Every namespace in which the app is somewhere else than we are. */
static int find_namespaces(int proc_fd, pid_t pid, struct namespace_set *ret, struct error *err)
{
	int r = note_difference(proc_fd, pid, "mnt", &ret->mount, err);

	if (r == 0)
		r = note_difference(proc_fd, pid, "pid", &ret->pid, err);
	if (r == 0)
		r = note_difference(proc_fd, pid, "net", &ret->network, err);
	if (r == 0)
		r = note_difference(proc_fd, pid, "ipc", &ret->ipc, err);
	if (r == 0)
		r = note_difference(proc_fd, pid, "uts", &ret->uts, err);
	if (r == 0)
		r = note_difference(proc_fd, pid, "user", &ret->user, err);
	if (r == 0)
		r = note_difference(proc_fd, pid, "cgroup", &ret->cgroup, err);
	return r;
}

static int take_terminal(const struct joined *joined, struct error *err)
{
	auto_close int devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int master = FD_NONE;
	auto_close int slave = FD_NONE;
	int r;

	if (joined->terminal[1] < 0)
		return 0;
	if (devpts < 0)
		return error_from_errno(err, "opening /dev/pts");
	r = terminal_open_pair(devpts, &master, &slave, err);
	if (r < 0)
		return r;
	if (fchown(slave, joined->resources.account.uid, (gid_t)-1) < 0)
		return error_from_errno(err, "handing the terminal to the app's user");
	r = fd_send(joined->terminal[1], master, err);
	return r < 0 ? r : terminal_become_controlling(slave, err);
}

/* In the child.  It cannot be seen or traced from inside before it is confined. */
static int become_program(const struct joined *joined, int enter_pidfd, struct error *err)
{
	const struct app_join *join = joined->join;
	const struct sandbox sandbox = { .resources = &joined->resources,
					 .argv = join->argv,
					 .terminal_type = join->terminal_type,
					 .parent_pidfd = &enter_pidfd,
					 .keep_fd = FD_NONE };
	int r = signals_reset(err);

	if (r == 0)
		r = parent_tie(enter_pidfd, err);
	if (r == 0)
		r = take_terminal(joined, err);
	return r < 0 ? EXIT_STATUS_NOT_STARTED : sandbox_exec(&sandbox, err);
}

static int start(struct joined *joined, struct error *err)
{
	const struct child_options options = { .cgroup_fd = FD_NONE };
	auto_close int enter_pidfd = pidfd_open(getpid(), 0);
	int r;

	if (enter_pidfd < 0)
		return error_from_errno(err, "opening enter's own process");
	r = child_start(&options, &joined->child, err);
	if (r == 0) {
		struct error mine = { 0 };
		int status = become_program(joined, enter_pidfd, &mine);

		(void)dprintf(STDERR_FILENO, "enter: %s\n", mine.text);
		_exit(status);
	}
	cleanup_close(&joined->terminal[1]);
	return r;
}

static int enter_namespaces(const struct app_join *join, struct app_resources *ret,
			    struct error *err)
{
	auto_cgroup_app struct cgroup_app cgroup = CGROUP_APP_NONE;
	struct namespace_set namespaces = { 0 };
	auto_close int proc_fd = FD_NONE;
	auto_child struct child app = CHILD_NONE;
	int r;

	r = procfs_open(&proc_fd, err);
	if (r == 0)
		r = cgroup_app_open(join->cgroup, pod_cgroups_name(join->app), &cgroup, err);
	if (r == 0)
		r = app_search(proc_fd, &cgroup, join->pid, &app, err);
	if (r == 0)
		r = open_resources(join, app.pid, ret, err);
	if (r == 0)
		r = find_namespaces(proc_fd, app.pid, &namespaces, err);
	return r < 0 ? r : namespace_enter(app.pidfd, &namespaces, err);
}

int app_join_run(const struct app_join *join, struct error *err)
{
	struct joined joined = { .join = join,
				 .child = CHILD_NONE,
				 .terminal = { FD_NONE, FD_NONE } };
	auto_close int signal_fd = FD_NONE;
	bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
	int r;

	r = enter_namespaces(join, &joined.resources, err);
	if (r == 0 && terminal)
		r = fd_passing_open(joined.terminal, err);
	if (r == 0)
		r = signals_to_fd(&signal_fd, err);
	if (r == 0)
		r = start(&joined, err);
	if (r == 1)
		r = join_watch(&joined.child, signal_fd, joined.terminal[0], err);
	cleanup_close(&joined.terminal[0]);
	cleanup_close(&joined.terminal[1]);
	child_release(&joined.child);
	app_resources_release(&joined.resources);
	return r;
}
