/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/child.h"
#include "common/process/exit_status.h"
#include "common/process/fd_passing.h"
#include "common/process/signals.h"
#include "common/process/terminal.h"
#include "common/supervisor/app_root.h"
#include "common/supervisor/control.h"
#include "common/supervisor/pod_views.h"
#include "common/supervisor/sandbox.h"

/* FD_NONE: the child joins.  Being born inside takes a right that a pod's own root lacks. */
static int cgroup_to_be_born_in(const struct app_surroundings *surroundings,
				const struct app_resources *resources)
{
	return surroundings->plan->own_user ? FD_NONE : cgroup_app_clone_fd(&resources->cgroup);
}

/* On v1 who may look for its cgroup at PID 1 must know its path there: pod_views.h. */
static bool has_cgroup_namespace(const struct app_surroundings *surroundings)
{
	return surroundings->plan->own_cgroup &&
	       (surroundings->cgroup_view || !pod_may_be_looked_at(surroundings->plan));
}

/*
 * The app's cgroup, and then a namespace with this one as its root.  PID 1 cannot
 * make it for all apps: where such namespaces are borders (the mount option
 * nsdelegate) no process gets from its cgroup into one beside it.
 */
static int enter_cgroup(const struct app_surroundings *surroundings,
			const struct app_resources *resources, struct error *err)
{
	bool born_inside = cgroup_to_be_born_in(surroundings, resources) >= 0;
	int r = cgroup_app_join(&resources->cgroup, born_inside, err);

	if (r == 0 && has_cgroup_namespace(surroundings) && unshare(CLONE_NEWCGROUP) < 0)
		return error_from_errno(err, "making a cgroup namespace");
	return r;
}

static int enter_root(const struct app_process *process, struct error *err)
{
	if (process->surroundings->root_entered)
		return 0;
	if (process->mount_namespace < 0)
		return app_root_enter(process->surroundings, process->resources, err);
	if (setns(process->mount_namespace, CLONE_NEWNS) < 0)
		return error_from_errno(err, "joining the app's mount namespace");
	return 0;
}

/* The app gets a pty of its own /dev/pts, the leader its other end. */
static int take_terminal(const struct app_process *process, struct error *err)
{
	int leader = process->surroundings->terminal_socket;
	struct control_message announcement = { .kind = CONTROL_TERMINAL };
	auto_close int devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int master = FD_NONE;
	auto_close int slave = FD_NONE;
	int r;

	if (devpts < 0)
		return error_from_errno(err, "opening /dev/pts");
	r = terminal_open_pair(devpts, &master, &slave, err);
	if (r < 0)
		return r;
	if (fchown(slave, process->resources->account.uid, (gid_t)-1) < 0)
		return error_from_errno(err, "handing the terminal to the app's user");
	if (terminal_copy_size(STDIN_FILENO, master, err) < 0)
		return -err->code;
	r = control_send(leader, &announcement);
	if (r < 0)
		return error_set(err, -r, "telling the leader of a terminal");
	r = fd_send(leader, master, err);
	return r < 0 ? r : terminal_become_controlling(slave, err);
}

static int take_stdio(const struct app_process *process, struct error *err)
{
	if (process->interactive && process->surroundings->terminal_socket >= 0)
		return take_terminal(process, err);
	if (!process->interactive &&
	    (dup2(process->in, STDIN_FILENO) < 0 || dup2(process->out, STDOUT_FILENO) < 0 ||
	     dup2(process->err, STDERR_FILENO) < 0))
		return error_from_errno(err, "setting up stdin, stdout and stderr");
	/* A terminal's Ctrl-C is for whoever started the pod, not for its apps. */
	(void)setsid();
	return 0;
}

static int become_program(const struct app_process *process, struct error *err)
{
	const struct sandbox sandbox = {
		.resources = process->resources,
		.argv = process->argv,
		.sockets = process->main_process ? &process->surroundings->sockets : NULL,
		.in_cgroup = true,
		.parent_pidfd = process->surroundings->parent_pidfd,
		.keep_fd = FD_NONE,
	};
	int r = signals_reset(err);

	if (r == 0)
		r = enter_cgroup(process->surroundings, process->resources, err);
	if (r == 0)
		r = enter_root(process, err);
	if (r == 0)
		r = take_stdio(process, err);
	return r < 0 ? EXIT_STATUS_NOT_STARTED : sandbox_exec(&sandbox, err);
}

/* The pipe ends without a record when the program has been executed. */
static int await_program(struct child_report *report, const struct child *child, int *ret_status,
			 struct error *err)
{
	int wait_status;
	int r;

	cleanup_close(&report->write_end);
	r = error_receive(report->read_end, err);
	if (r == 0)
		return 1;
	if (r < 0)
		(void)error_set(err, -r, "waiting for the process: its report is broken");
	r = child_wait(child, &wait_status, NULL);
	*ret_status = r < 0 ? EXIT_STATUS_NOT_STARTED : exit_status_of(wait_status);
	return 0;
}

static bool needs_root(const struct app_process *process)
{
	return process->mount_namespace < 0 && !process->surroundings->root_entered;
}

int app_process_start(const struct app_process *process, pid_t *ret_pid, int *ret_status,
		      struct error *err)
{
	const struct child_options options = {
		.namespaces = needs_root(process) ? CLONE_NEWNS : 0,
		.cgroup_fd = cgroup_to_be_born_in(process->surroundings, process->resources),
	};
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	int r;

	r = child_report_open(&report, err);
	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0) {
		struct error mine = { 0 };

		child_report_enter(&report);
		r = become_program(process, &mine);
		(void)child_report_send(&report, &mine);
		_exit(r);
	}
	r = await_program(&report, &child, ret_status, err);
	if (r == 1)
		*ret_pid = child.pid;
	return r;
}

static int send_root(const struct app_surroundings *surroundings,
		     const struct app_resources *resources, int socket_fd, struct error *err)
{
	auto_close int mount_namespace = FD_NONE;
	int r = enter_cgroup(surroundings, resources, err);

	if (r == 0)
		r = app_root_enter(surroundings, resources, err);
	if (r < 0)
		return r;
	mount_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (mount_namespace < 0)
		return error_from_errno(err, "opening the app's mount namespace");
	return fd_send(socket_fd, mount_namespace, err);
}

int app_process_make_root(const struct app_surroundings *surroundings,
			  const struct app_resources *resources, int *ret_mount_namespace,
			  struct error *err)
{
	const struct child_options options = { .namespaces = CLONE_NEWNS,
					       .cgroup_fd =
						   cgroup_to_be_born_in(surroundings, resources) };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	int ends[2] = { FD_NONE, FD_NONE };
	int r;

	r = child_report_open(&report, err);
	if (r == 0)
		r = fd_passing_open(ends, err);
	if (r == 0)
		r = child_start(&options, &child, err);
	if (r == 0) {
		struct error mine = { 0 };

		child_report_enter(&report);
		r = send_root(surroundings, resources, ends[1], &mine);
		(void)child_report_send(&report, &mine);
		_exit(r < 0);
	}
	if (r > 0)
		r = child_wait_ready(&report, &child, err);
	if (r == 0) {
		int wait_status;

		r = fd_receive(ends[0], ret_mount_namespace, err);
		result_ignored(child_wait(&child, &wait_status, NULL));
	}
	cleanup_close(&ends[0]);
	cleanup_close(&ends[1]);
	return r;
}
