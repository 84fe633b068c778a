/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/exit_status.h"
#include "common/process/terminal.h"

#define TTY_FLAGS (SESSION_IN_TTY | SESSION_OUT_TTY | SESSION_ERR_TTY)

/* What the process gets. */
struct job_stdio {
	int in, out, err;
	int slave;
};

static void release_stdio(struct job_stdio *stdio)
{
	cleanup_close(&stdio->in);
	cleanup_close(&stdio->out);
	cleanup_close(&stdio->err);
	cleanup_close(&stdio->slave);
}

static void set_size(int master, uint16_t rows, uint16_t columns)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (rows > 0 && columns > 0)
		(void)ioctl(master, TIOCSWINSZ, &size);
}

static int open_pty(struct job *job, const struct session_request *request, struct job_stdio *stdio,
		    struct error *err)
{
	auto_close int devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (devpts < 0)
		return error_from_errno(err, "opening /dev/pts");
	r = terminal_open_pair(devpts, &job->master, &stdio->slave, err);
	if (r == 0)
		set_size(job->master, request->rows, request->columns);
	return r;
}

/* One end for the process, the other for us, close-on-exec both. */
static int open_pipe(int *ret_read, int *ret_write, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

static int copy_fd(int fd, int *ret, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return error_from_errno(err, "copying a descriptor");
	*ret = copy;
	return 0;
}

static int open_input(struct job *job, unsigned flags, struct job_stdio *stdio, struct error *err)
{
	job->has_in = (flags & SESSION_STDIN) != 0;
	if ((flags & SESSION_IN_TTY) != 0) {
		int r = copy_fd(job->master, &job->in, err);

		return r < 0 ? r : copy_fd(stdio->slave, &stdio->in, err);
	}
	if (job->has_in)
		return open_pipe(&stdio->in, &job->in, err);
	stdio->in = open("/dev/null", O_RDWR | O_CLOEXEC);
	return stdio->in < 0 ? error_from_errno(err, "opening /dev/null") : 0;
}

static int open_stdio(struct job *job, const struct session_request *request,
		      struct job_stdio *stdio, struct error *err)
{
	unsigned flags = request->flags;
	int r = (flags & TTY_FLAGS) != 0 ? open_pty(job, request, stdio, err) : 0;

	if (r == 0)
		r = open_input(job, flags, stdio, err);
	if (r == 0)
		r = (flags & SESSION_OUT_TTY) != 0 ? copy_fd(stdio->slave, &stdio->out, err)
						   : open_pipe(&job->out, &stdio->out, err);
	if (r == 0)
		r = (flags & SESSION_ERR_TTY) != 0 ? copy_fd(stdio->slave, &stdio->err, err)
						   : open_pipe(&job->err, &stdio->err, err);
	if (r == 0 && (flags & SESSION_OUT_TTY) != 0)
		r = copy_fd(job->master, &job->out, err);
	/* Only stderr is a terminal: what comes out of it has to go somewhere. */
	if (r == 0 && job->master >= 0 && (flags & SESSION_OUT_TTY) == 0)
		job->master_ignored = true;
	return r;
}

static int on_ignored(short events, void *context, struct error *err)
{
	struct job *job = context;
	char dropped[512];

	(void)events;
	(void)err;
	if (read(job->master, dropped, sizeof(dropped)) <= 0 && errno != EAGAIN)
		poll_set_remove(job->channel->poll_set, job->master);
	return 0;
}

/* The host's end of a stream has gone: whoever writes to it gets SIGPIPE. */
static void close_output(void *context)
{
	struct job *job = context;

	if (job->master < 0)
		cleanup_close(&job->out);
}

static void close_errors(void *context)
{
	struct job *job = context;

	cleanup_close(&job->err);
}

/* The host's input has ended. */
static void close_input(void *context)
{
	struct job *job = context;
	struct termios mode;

	if (job->master >= 0 && tcgetattr(job->master, &mode) == 0)
		result_ignored((int)write(job->master, &mode.c_cc[VEOF], 1));
	cleanup_close(&job->in);
}

static int open_streams(struct job *job, struct error *err)
{
	struct poll_set *poll_set = job->channel->poll_set;
	int r = 0;

	job->input = (struct stream_sink){ .channel = job->channel,
					   .stream = FRAME_STREAM(job->session, 0),
					   .on_end = close_input,
					   .context = job };
	job->output = (struct stream_source){ .channel = job->channel,
					      .stream = FRAME_STREAM(job->session, 1),
					      .fd = job->out,
					      .on_end = close_output,
					      .context = job,
					      .ended = true };
	job->errors = (struct stream_source){ .channel = job->channel,
					      .stream = FRAME_STREAM(job->session, 2),
					      .fd = job->err,
					      .on_end = close_errors,
					      .context = job,
					      .ended = true };
	if (job->has_in)
		r = stream_sink_open(&job->input, job->in, err);
	if (r == 0 && job->out >= 0)
		r = stream_source_open(&job->output, err);
	if (r == 0 && job->err >= 0)
		r = stream_source_open(&job->errors, err);
	if (r == 0 && job->master_ignored)
		r = poll_set_add(poll_set, job->master, POLLIN, on_ignored, job, err);
	return r;
}

static int take_stdio(const struct job_stdio *stdio)
{
	if (stdio->slave >= 0) {
		(void)setsid();
		if (ioctl(stdio->slave, TIOCSCTTY, 0) < 0)
			return -errno;
	}
	if (dup2(stdio->in, STDIN_FILENO) < 0 || dup2(stdio->out, STDOUT_FILENO) < 0 ||
	    dup2(stdio->err, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static int start_process(struct job *job, const struct job_start *start, struct job_stdio *stdio,
			 struct error *err)
{
	const struct child_options options = { .cgroup_fd = FD_NONE };
	int r = child_start(&options, &job->process, err);

	if (r != 0)
		return r < 0 ? r : 0;
	if (take_stdio(stdio) < 0)
		_exit(EXIT_STATUS_NOT_STARTED);
	/* Nothing of the guest's init stays open, the port least of all. */
	release_stdio(stdio);
	cleanup_close(&job->in);
	cleanup_close(&job->out);
	cleanup_close(&job->err);
	cleanup_close(&job->master);
	_exit(start->run(start->context));
}

int job_start(const struct job_start *start, struct job **ret, struct error *err)
{
	struct job_stdio stdio = { FD_NONE, FD_NONE, FD_NONE, FD_NONE };
	struct job *job = calloc(1, sizeof(*job));
	int r;

	if (job == NULL)
		return error_set(err, ENOMEM, "starting a session: out of memory");
	*job = (struct job){ .channel = start->channel,
			     .session = start->request->session,
			     .process = CHILD_NONE,
			     .master = FD_NONE,
			     .in = FD_NONE,
			     .out = FD_NONE,
			     .err = FD_NONE };
	r = open_stdio(job, start->request, &stdio, err);
	if (r == 0)
		r = open_streams(job, err);
	if (r == 0)
		r = start_process(job, start, &stdio, err);
	release_stdio(&stdio);
	if (r < 0) {
		job_free(job);
		return r;
	}
	*ret = job;
	return 0;
}

void job_free(struct job *job)
{
	if (job->has_in && job->input.channel != NULL)
		stream_sink_release(&job->input);
	if (job->output.channel != NULL)
		stream_source_release(&job->output);
	if (job->errors.channel != NULL)
		stream_source_release(&job->errors);
	if (job->master_ignored)
		poll_set_remove(job->channel->poll_set, job->master);
	cleanup_close(&job->in);
	cleanup_close(&job->out);
	cleanup_close(&job->err);
	cleanup_close(&job->master);
	child_release(&job->process);
	free(job);
}

static int take_data(struct job *job, const struct frame *frame, struct error *err)
{
	if (FRAME_STDIO_OF(frame->stream) != 0 || !job->has_in)
		return error_set(err, EPROTO, "data for stream %u", frame->stream);
	return frame->kind == FRAME_DATA ? stream_sink_take(&job->input, frame, err)
					 : stream_sink_finish(&job->input, err);
}

static struct stream_source *source_of(struct job *job, const struct frame *frame)
{
	return FRAME_STDIO_OF(frame->stream) == 1 ? &job->output : &job->errors;
}

int job_take_frame(struct job *job, const struct frame *frame, struct error *err)
{
	unsigned n = FRAME_STDIO_OF(frame->stream);
	bool is_output = n == 1 || n == 2;

	if (frame->kind == FRAME_DATA || frame->kind == FRAME_END)
		return take_data(job, frame, err);
	if (frame->kind == FRAME_CREDIT && is_output)
		return stream_source_grant(source_of(job, frame), frame_get_u32(frame->payload),
					   err);
	if (frame->kind == FRAME_STOP && is_output) {
		stream_source_stop(source_of(job, frame));
		return 0;
	}
	if (frame->kind == FRAME_RESIZE) {
		if (job->master >= 0)
			set_size(job->master, frame_get_u16(frame->payload),
				 frame_get_u16(frame->payload + 2));
		return 0;
	}
	if (frame->kind == FRAME_SIGNAL) {
		if (!job->ended)
			result_ignored(
			    child_kill(&job->process, (int)frame_get_u32(frame->payload)));
		return 0;
	}
	return error_set(err, EPROTO, "a frame of kind %u for session %u", frame->kind,
			 job->session);
}

void job_note_end(struct job *job, int wait_status)
{
	job->ended = true;
	job->status = exit_status_of(wait_status);
}

/* 1: nothing is left to be sent, 0: it has to wait for credit. */
static int settle_source(struct stream_source *source, struct error *err)
{
	struct pollfd left = { .fd = source->fd, .events = POLLIN };
	int r;

	if (source->ended)
		return 1;
	r = stream_source_drain(source, err);
	if (r < 0 || source->ended)
		return r < 0 ? r : 1;
	if (poll(&left, 1, 0) > 0)
		return 0;
	stream_source_stop(source);
	return channel_send_empty(source->channel, FRAME_END, source->stream, err) < 0 ? -err->code
										       : 1;
}

int job_settle(struct job *job, struct error *err)
{
	int r = settle_source(&job->output, err);

	if (r == 1)
		r = settle_source(&job->errors, err);
	if (r == 1)
		r = channel_send_u32(job->channel, FRAME_EXIT, FRAME_OF_SESSION(job->session),
				     (uint32_t)job->status, err);
	else
		return r;
	return r < 0 ? r : 1;
}
