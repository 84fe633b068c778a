/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/kernel/procfs.h"
#include "common/process/child.h"

#define PID_MAX_BYTES ((size_t)32)

/* How long processes that were killed may take to be gone, in ms. */
static const unsigned kill_timeout_ms = 10000;

/* `ppid` names the leader, `pid` a process that is supervisor and pod in one. */
static int read_pid(int pod_fd, pid_t *ret, struct error *err)
{
	static const char *const names[] = { "ppid", "pid" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		auto_text struct text text = { 0 };
		uint32_t pid;
		int r = file_read_at(pod_fd, names[i], PID_MAX_BYTES, &text, err);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		while (text.length > 0 && text.data[text.length - 1] == '\n')
			text.data[--text.length] = '\0';
		if (parse_u32(text_string(&text), INT32_MAX, &pid) < 0 || pid == 0)
			return error_set(err, EINVAL, "reading %s: \"%.20s\" is no pid", names[i],
					 text_string(&text));
		error_clear(err);
		*ret = (pid_t)pid;
		return 0;
	}
	return error_set(err, ESRCH, "the pod has no process yet");
}

static bool works_in(pid_t pid, int pod_fd)
{
	char path[64];
	struct stat its, ours;

	return snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid) > 0 &&
	       stat(path, &its) == 0 && fstat(pod_fd, &ours) == 0 && its.st_dev == ours.st_dev &&
	       its.st_ino == ours.st_ino;
}

static int is_it(pid_t pid, void *data)
{
	const pid_t *wanted = data;

	return pid == *wanted;
}

static int is_any(pid_t pid, void *data)
{
	(void)pid;
	(void)data;
	return 1;
}

static bool has_processes(const struct cgroup_pod *cgroup)
{
	struct error ignored = { 0 };

	return cgroup_pod_processes(cgroup, is_any, NULL, &ignored) > 0;
}

/* -ESRCH: it has ended, whoever has its pid now. */
static int open_process(const struct pod_stop *stop, pid_t pid, struct child *ret,
			struct error *err)
{
	auto_close int proc_fd = FD_NONE;
	struct error ignored = { 0 };
	struct procfs_stat stat = { 0 };
	int r;

	r = procfs_open(&proc_fd, err);
	if (r == 0)
		r = procfs_read_stat(proc_fd, pid, &stat, err);
	if (r < 0)
		return r;
	if (!works_in(pid, stop->pod_fd) &&
	    cgroup_pod_processes(stop->cgroup, is_it, &pid, &ignored) <= 0)
		return error_set(err, ESRCH, "process %d is not the pod's", (int)pid);
	r = procfs_open_pidfd(proc_fd, pid, stat.start_time, &ret->pidfd, err);
	if (r == 0)
		ret->pid = pid;
	return r;
}

static int send_signal(const struct child *process, int number, struct error *err)
{
	int r = child_kill(process, number);

	return r < 0 ? error_set(err, -r, "signalling process %d: %s", (int)process->pid,
				 strerror(-r))
		     : 0;
}

/* A reaper beside apps of the host's namespaces is in no cgroup of theirs, and would start them
 * again. */
static void tell_reaper(const struct pod_stop *stop)
{
	auto_child struct child process = CHILD_NONE;
	struct error ignored = { 0 };
	pid_t pid = 0;

	if (stop->plan->own_pid || stop->plan->restart == PLAN_RESTART_NO)
		return;
	if (read_pid(stop->pod_fd, &pid, &ignored) == 0 &&
	    open_process(stop, pid, &process, &ignored) == 0)
		result_ignored(child_kill(&process, SIGTERM));
}

int pod_stop_politely(const struct pod_stop *stop, struct error *err)
{
	auto_child struct child process = CHILD_NONE;
	const struct plan_app *app = &stop->plan->apps[0];
	pid_t pid = 0;
	int r;

	r = read_pid(stop->pod_fd, &pid, err);
	if (r == 0)
		r = open_process(stop, pid, &process, err);
	if (r == -ESRCH && pid != 0 && has_processes(stop->cgroup)) {
		/* Without it nobody stops the rest in order. */
		error_clear(err);
		return pod_stop_by_force(stop, err);
	}
	if (r < 0)
		return r;
	if (stop->plan->supervised)
		return send_signal(&process, SIGTERM, err);
	r = send_signal(&process, app->stop_signal, err);
	if (r == 0)
		r = child_has_ended(&process, (int)app->stop_grace_ms, err);
	if (r < 0)
		return r;
	return cgroup_pod_kill(stop->cgroup, kill_timeout_ms, err);
}

int pod_stop_by_force(const struct pod_stop *stop, struct error *err)
{
	tell_reaper(stop);
	return cgroup_pod_kill(stop->cgroup, kill_timeout_ms, err);
}
