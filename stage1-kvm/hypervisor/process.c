/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/process.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/signals.h"

int hypervisor_process_keep(struct hypervisor_process *process, int fd)
{
	if (fd >= 0 && process->n_kept < HYPERVISOR_DESCRIPTORS)
		process->kept[process->n_kept++] = fd;
	return fd;
}

void hypervisor_process_release(struct hypervisor_process *process)
{
	for (size_t i = 0; i < process->n_kept; i++)
		cleanup_close(&process->kept[i]);
	process->n_kept = 0;
}

static int hand_over(const struct hypervisor_process *process, struct error *err)
{
	auto_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < process->n_kept; i++) {
		if (fcntl(process->kept[i], F_SETFD, 0) < 0)
			return error_from_errno(err, "handing over a descriptor");
	}
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0)
		return error_from_errno(err, "closing stdin and stdout");
	return 0;
}

/* In the child. */
static int become_hypervisor(const struct hypervisor_process *process,
			     const struct child_report *report, struct error *err)
{
	int r = cgroup_app_join(process->cgroup, cgroup_app_clone_fd(process->cgroup) >= 0, err);

	if (r == 0)
		r = signals_reset(err);
	if (r == 0)
		r = hand_over(process, err);
	if (r < 0)
		return r;
	(void)setsid();
	r = jail_enter(&process->jail, err);
	return r < 0 ? r : child_die_with_parent(report, err);
}

int hypervisor_process_start(const struct hypervisor_process *process,
			     const struct hypervisor_command *command, struct child *ret,
			     struct error *err)
{
	const struct child_options options = { .namespaces = JAIL_NAMESPACES,
					       .cgroup_fd = cgroup_app_clone_fd(process->cgroup) };
	const char *program = command->words[0];
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child child = CHILD_NONE;
	int r = child_report_open(&report, err);

	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0) {
		struct error mine = { 0 };

		child_report_enter(&report);
		r = become_hypervisor(process, &report, &mine);
		(void)child_report_send(&report, &mine);
		if (r == 0) {
			(void)execve(program, (char *const *)(uintptr_t)command->words,
				     (char *const *)(uintptr_t)command->environment);
			(void)error_from_errno(&mine, "executing %s", program);
			(void)child_report_send(&report, &mine);
		}
		_exit(1);
	}
	r = child_wait_exec(&report, &child, err);
	if (r == 0)
		*ret = child_take(&child);
	return r;
}
