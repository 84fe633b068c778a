/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int child_report_open(struct child_report *ret_report, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a report pipe");
	*ret_report = (struct child_report){ .read_end = ends[0], .write_end = ends[1] };
	return 0;
}

void child_report_release(struct child_report *report)
{
	cleanup_close(&report->read_end);
	cleanup_close(&report->write_end);
}

void child_report_enter(struct child_report *report)
{
	cleanup_close(&report->read_end);
}

int child_report_send(const struct child_report *report, const struct error *outcome)
{
	return error_send(report->write_end, outcome);
}

int child_die_with_parent(const struct child_report *report, struct error *err)
{
	struct pollfd pipe_end = { .fd = report->write_end };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_from_errno(err, "tying a process to its parent");
	/* The parent may have died before the call above.  getppid() cannot tell in a new pid
	 * namespace, where it is 0 from the start; a pipe nobody reads any more can. */
	if (poll(&pipe_end, 1, 0) < 0)
		return error_from_errno(err, "looking for the parent");
	if (pipe_end.revents & (POLLERR | POLLNVAL))
		return error_set(err, ESRCH, "the parent has ended");
	return 0;
}

/* The next record: 1 and its content in *ret, 0 at the pipe's end, or -errno. */
static int next_record(struct child_report *report, struct error *ret)
{
	cleanup_close(&report->write_end); /* else the pipe never ends */
	return error_receive(report->read_end, ret);
}

/* The child is no use any more. */
static int give_up(struct child_report *report, struct child *child, const struct error *why,
		   struct error *err)
{
	child_destroy(child);
	child_report_release(report);
	return error_set(err, why->code, "%s", why->text);
}

int child_wait_ready(struct child_report *report, struct child *child, struct error *err)
{
	struct error record = { 0 };
	int r = next_record(report, &record);

	if (r < 0)
		(void)error_set(&record, -r, "reading a child's report: %s", strerror(-r));
	else if (r == 0)
		(void)error_set(&record, EPIPE, "the child died before it was ready");
	else if (record.code == 0)
		return 0;
	return give_up(report, child, &record, err);
}

int child_wait_exec(struct child_report *report, struct child *child, struct error *err)
{
	struct error record = { 0 };
	bool ready = report->write_end < 0; /* child_wait_ready() has been here */
	int r;

	while ((r = next_record(report, &record)) == 1 && record.code == 0)
		ready = true;
	if (r == 0 && ready) {
		child_report_release(report);
		return 0;
	}
	if (r == 0)
		(void)error_set(&record, EPIPE, "the child died before it was ready");
	else if (r < 0)
		(void)error_set(&record, -r, "reading a child's report: %s", strerror(-r));
	return give_up(report, child, &record, err);
}
