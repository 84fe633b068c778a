/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/program_run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/child.h"
#include "common/process/deadline.h"
#include "common/process/signals.h"

enum { IN, OUT, ERR, N_STREAMS };

/* How often to look for a signal, in ms. */
static const int look_ms = 200;

struct streams {
	int mine[N_STREAMS]; /* non-blocking; FD_NONE once it has ended */
	int its[N_STREAMS];
	size_t written;
};

static void release_streams(struct streams *streams)
{
	for (int i = 0; i < N_STREAMS; i++) {
		cleanup_close(&streams->mine[i]);
		cleanup_close(&streams->its[i]);
	}
}

static int open_streams(struct streams *streams, struct error *err)
{
	for (int i = 0; i < N_STREAMS; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return error_from_errno(err, "making a pipe");
		streams->mine[i] = ends[i == IN ? 1 : 0];
		streams->its[i] = ends[i == IN ? 0 : 1];
		if (fcntl(streams->mine[i], F_SETFL, O_NONBLOCK) < 0)
			return error_from_errno(err, "making a pipe");
	}
	return 0;
}

/* In the child.  Numbers below 3 may be in use by the pipes themselves: they are moved up first. */
static int take_streams(const struct streams *streams, struct error *err)
{
	int high[N_STREAMS];

	for (int i = 0; i < N_STREAMS; i++) {
		high[i] = fcntl(streams->its[i], F_DUPFD_CLOEXEC, 3);
		if (high[i] < 0)
			return error_from_errno(err, "giving it its stdin, stdout and stderr");
	}
	for (int i = 0; i < N_STREAMS; i++)
		if (dup2(high[i], i) < 0)
			return error_from_errno(err, "giving it its stdin, stdout and stderr");
	if (close_range(3, ~0U, (int)CLOSE_RANGE_CLOEXEC) < 0)
		return error_from_errno(err, "closing what is not its own");
	return 0;
}

static int become_program(const struct program_run *run, const struct streams *streams,
			  const struct child_report *report, struct error *err)
{
	int r = signals_reset(err);

	if (r == 0 && setpgid(0, 0) < 0)
		return error_from_errno(err, "making a process group");
	if (r == 0)
		r = take_streams(streams, err);
	if (r == 0)
		r = child_die_with_parent(report, err);
	if (r < 0)
		return r;
	(void)child_report_send(report, err);
	(void)execve(run->path, (char *const *)(uintptr_t)run->argv,
		     (char *const *)(uintptr_t)run->environment);
	return error_from_errno(err, "executing %s", run->path);
}

static int write_some(const struct program_run *run, struct streams *streams)
{
	ssize_t n = write(streams->mine[IN], run->input + streams->written,
			  run->input_length - streams->written);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		streams->written += (size_t)n;
	/* It need not read what it is told. */
	if (n < 0 || streams->written == run->input_length)
		cleanup_close(&streams->mine[IN]);
	return 0;
}

static int read_some(int *fd, struct text *text, bool may_overflow)
{
	char buffer[4096];
	ssize_t n = read(*fd, buffer, sizeof(buffer));
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		cleanup_close(fd);
		return n < 0 ? -errno : 0;
	}
	r = text_append_bytes(text, buffer, (size_t)n);
	return r == -EFBIG && may_overflow ? 0 : r;
}

/* What is left in the pipes of a program that has ended; somebody may hold them open for ever. */
static int drain(struct streams *streams, struct program_answer *answer)
{
	int r = 0;

	for (int i = OUT; r == 0 && i <= ERR; i++) {
		struct pollfd left = { .fd = streams->mine[i], .events = POLLIN };

		while (r == 0 && left.fd >= 0 && poll(&left, 1, 0) > 0) {
			r = read_some(&streams->mine[i],
				      i == OUT ? &answer->out : &answer->complaints, i == ERR);
			left.fd = streams->mine[i];
		}
	}
	return r;
}

static int serve(const struct program_run *run, struct streams *streams, const struct pollfd *ready,
		 struct program_answer *answer)
{
	int r = ready[IN].revents != 0 ? write_some(run, streams) : 0;

	if (r == 0 && ready[OUT].revents != 0)
		r = read_some(&streams->mine[OUT], &answer->out, false);
	if (r == 0 && ready[ERR].revents != 0)
		r = read_some(&streams->mine[ERR], &answer->complaints, true);
	return r;
}

/* Whoever waits for us has lost patience. */
static bool is_interrupted(const struct program_run *run)
{
	sigset_t pending;

	return !run->uninterruptible && sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
		sigismember(&pending, SIGQUIT) == 1);
}

static int next_look_ms(int64_t deadline)
{
	int left = deadline_left_ms(deadline);

	return left < look_ms ? left : look_ms;
}

/* Until the program has ended. */
static int exchange(const struct program_run *run, struct streams *streams,
		    const struct child *child, struct program_answer *answer)
{
	int64_t deadline = deadline_after_ms(run->timeout_ms);
	int r = 0;

	while (r == 0) {
		struct pollfd fds[N_STREAMS + 1] = {
			[IN] = { .fd = streams->mine[IN], .events = POLLOUT },
			[OUT] = { .fd = streams->mine[OUT], .events = POLLIN },
			[ERR] = { .fd = streams->mine[ERR], .events = POLLIN },
			[N_STREAMS] = { .fd = child->pidfd, .events = POLLIN },
		};

		if (poll(fds, N_STREAMS + 1, next_look_ms(deadline)) < 0 && errno != EINTR)
			return -errno;
		if (fds[N_STREAMS].revents != 0)
			return drain(streams, answer);
		r = serve(run, streams, fds, answer);
		if (r == 0 && is_interrupted(run))
			return -EINTR;
		if (r == 0 && deadline_has_passed(deadline))
			return -ETIMEDOUT;
	}
	return r;
}

static int explain_failure(const struct program_run *run, const struct program_answer *answer,
			   int r, struct error *err)
{
	if (r == -ETIMEDOUT)
		return error_set(err, ETIMEDOUT, "it has not ended after %d ms", run->timeout_ms);
	if (r == -EINTR)
		return error_set(err, EINTR, "interrupted by a signal");
	if (r == -EFBIG)
		return error_set(err, EFBIG, "it printed more than %zu bytes", answer->out.cap);
	return error_set(err, -r, "reading its answer: %s", strerror(-r));
}

static int run_with(const struct program_run *run, struct streams *streams,
		    struct program_answer *answer, struct error *err)
{
	const struct child_options options = { .cgroup_fd = FD_NONE };
	auto_report struct child_report report = CHILD_REPORT_NONE;
	struct child child = CHILD_NONE;
	int r = child_report_open(&report, err);

	if (r == 0)
		r = child_start(&options, &child, err);
	if (r < 0)
		return r;
	if (r == 0) {
		struct error mine = { 0 };

		child_report_enter(&report);
		(void)become_program(run, streams, &report, &mine);
		(void)child_report_send(&report, &mine);
		_exit(127);
	}
	for (int i = 0; i < N_STREAMS; i++)
		cleanup_close(&streams->its[i]);
	r = child_wait_exec(&report, &child, err);
	if (r < 0)
		return r;
	r = exchange(run, streams, &child, answer);
	if (r < 0) {
		r = explain_failure(run, answer, r, err);
		(void)kill(-child.pid, SIGKILL); /* not reaped yet: the number is its own */
		child_destroy(&child);
	} else {
		r = child_wait(&child, &answer->wait_status, err);
	}
	child_release(&child);
	return r;
}

int program_run(const struct program_run *run, struct program_answer *answer, struct error *err)
{
	struct streams streams = { .mine = { FD_NONE, FD_NONE, FD_NONE },
				   .its = { FD_NONE, FD_NONE, FD_NONE } };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int r = open_streams(&streams, err);

	/* Whoever does not read what it is told shall not end us. */
	if (r == 0 && sigaction(SIGPIPE, &ignore, &before) < 0)
		r = error_from_errno(err, "ignoring SIGPIPE");
	if (r == 0) {
		r = run_with(run, &streams, answer, err);
		(void)sigaction(SIGPIPE, &before, NULL);
	}
	release_streams(&streams);
	return r;
}

void program_answer_release(struct program_answer *answer)
{
	text_release(&answer->out);
	text_release(&answer->complaints);
}
