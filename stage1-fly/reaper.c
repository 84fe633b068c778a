/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-fly/reaper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/pod/pod_record.h"
#include "common/process/reaper.h"
#include "common/process/signals.h"
#include "common/supervisor/supervisor.h"

struct host_reaper {
	struct pod_run *run;
	struct supervisor supervisor;
};

static void tell(const struct host_reaper *reaper, const struct error *problem)
{
	(void)dprintf(STDERR_FILENO, "%s: %s\n", reaper->run->program, problem->text);
}

static void on_ready(void *context)
{
	struct host_reaper *reaper = context;
	struct error problem = { 0 };

	if (pod_record_ready(reaper->run->results_fd, &problem) < 0)
		tell(reaper, &problem);
	if (notify_relay_started(&reaper->run->notify, &problem) < 0)
		tell(reaper, &problem);
}

static void on_app_ended(void *context, size_t app, int status)
{
	const struct host_reaper *reaper = context;
	struct error problem = { 0 };

	if (pod_record_status(reaper->run->results_fd, reaper->run->plan->apps[app].name, status,
			      &problem) < 0)
		tell(reaper, &problem);
}

static void on_restart(void *context, size_t app, uint32_t n)
{
	const struct host_reaper *reaper = context;
	struct error problem = { 0 };

	if (pod_record_restarts(reaper->run->results_fd, reaper->run->plan->apps[app].name, n,
				&problem) < 0)
		tell(reaper, &problem);
}

static void on_complaint(void *context, const struct error *problem)
{
	tell(context, problem);
}

static void on_signal(void *context, int signal_number)
{
	struct host_reaper *reaper = context;
	struct supervisor *supervisor = &reaper->supervisor;

	if (signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGQUIT) {
		if (supervisor->stopping)
			supervisor_kill(supervisor);
		else
			supervisor_stop(supervisor);
	} else if (signals_are_forwarded(signal_number)) {
		supervisor_signal(supervisor, signal_number);
	}
}

static int prepare(struct host_reaper *reaper, const struct app_surroundings *surroundings,
		   int signal_fd, int null_fd, struct error *err)
{
	int r;

	reaper->supervisor = (struct supervisor){ .plan = reaper->run->plan,
						  .surroundings = surroundings,
						  .resources = reaper->run->resources,
						  .events = { .ready = on_ready,
							      .app_ended = on_app_ended,
							      .restarted = on_restart,
							      .complain = on_complaint,
							      .signal = on_signal,
							      .context = reaper },
						  .signal_fd = signal_fd,
						  .null_fd = null_fd,
						  .log = pod_run_log(reaper->run) };
	r = reaper_become_subreaper(err);
	if (r == 0)
		r = supervisor_init(&reaper->supervisor, err);
	if (r == 0)
		r = notify_relay_listen(&reaper->run->notify, &reaper->supervisor.poll_set, err);
	if (r == 0)
		r = pod_record_pid(reaper->run->pod_fd, getpid(), err);
	return r;
}

int reaper_supervise(struct pod_run *run, const struct app_surroundings *surroundings,
		     struct error *err)
{
	struct host_reaper reaper = { .run = run };
	struct app_surroundings tied = *surroundings;
	auto_close int signal_fd = FD_NONE;
	auto_close int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_close int reaper_pidfd = pidfd_open(getpid(), 0);
	int r;

	if (null_fd < 0)
		return error_from_errno(err, "opening /dev/null");
	if (reaper_pidfd < 0)
		return error_from_errno(err, "opening the reaper's own process");
	tied.parent_pidfd = &reaper_pidfd;
	r = signals_to_fd(&signal_fd, err);
	if (r == 0)
		r = prepare(&reaper, &tied, signal_fd, null_fd, err);
	if (r == 0)
		r = supervisor_run(&reaper.supervisor, err);
	supervisor_release(&reaper.supervisor);
	return r;
}
