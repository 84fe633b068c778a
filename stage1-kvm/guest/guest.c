/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/fd_passing.h"
#include "common/process/reaper.h"
#include "common/process/signals.h"
#include "common/supervisor/notify_relay.h"
#include "stage1-kvm/guest/boot.h"
#include "stage1-kvm/guest/job.h"
#include "stage1-kvm/guest/orders.h"
#include "stage1-kvm/guest/process.h"

/* How long the host may take to read why the guest gives up, in ms. */
static const int farewell_ms = 5000;

struct guest {
	struct poll_set poll_set;
	struct channel channel;
	int port;
	int signal_fd;
	int reports[2]; /* from the pod's leader */
	int notify;     /* datagrams of apps; FD_NONE */
	bool notify_wanted;
	bool awake, pod_started;
	pid_t pod_pid; /* PID 1 of the pod; 0: not yet */
	struct job *jobs;
};

/* What a child of ours must not have. */
static void close_everything(const struct guest *guest, int keep)
{
	int fds[] = { guest->port, guest->signal_fd, guest->notify, guest->reports[0],
		      guest->reports[1] };

	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++) {
		if (fds[i] != keep)
			cleanup_close(&fds[i]);
	}
	for (const struct job *job = guest->jobs; job != NULL; job = job->next) {
		int of_job[] = { job->in, job->out, job->err, job->master, job->process.pidfd };

		for (size_t i = 0; i < ARRAY_LENGTH(of_job); i++)
			cleanup_close(&of_job[i]);
	}
}

static int run_pod(void *context)
{
	const struct guest *guest = context;
	int status;

	close_everything(guest, guest->reports[1]);
	status = process_run_pod(guest->reports[1], guest->notify_wanted);
	/* The host kills the machine once it knows that the pod has ended. */
	sync();
	return status;
}

struct entering {
	const struct guest *guest;
	const struct session_request *request;
};

static int run_enter(void *context)
{
	const struct entering *entering = context;

	close_everything(entering->guest, FD_NONE);
	return process_enter(entering->request, entering->guest->pod_pid);
}

static struct job *find_job(const struct guest *guest, uint32_t session)
{
	struct job *job = guest->jobs;

	while (job != NULL && job->session != session)
		job = job->next;
	return job;
}

static int wake(struct guest *guest, const struct frame *frame, struct error *err)
{
	int r = boot_wake(frame->payload + 16, frame->length - 16, frame_get_u64(frame->payload),
			  frame_get_u64(frame->payload + 8), err);

	if (r < 0)
		return r;
	guest->awake = true;
	return channel_send_empty(&guest->channel, FRAME_AWAKE, FRAME_OF_SESSION(0), err);
}

static int start_job(struct guest *guest, const struct session_request *request, struct error *err)
{
	struct entering entering = { .guest = guest, .request = request };
	const struct job_start start = { .channel = &guest->channel,
					 .request = request,
					 .run = request->session == 0 ? run_pod : run_enter,
					 .context =
					     request->session == 0 ? (void *)guest : &entering };
	struct job *job;
	int r = job_start(&start, &job, err);

	if (r < 0)
		return r;
	job->next = guest->jobs;
	guest->jobs = job;
	if (request->session == 0) {
		guest->pod_started = true;
		cleanup_close(&guest->reports[1]);
	}
	return 0;
}

/* First the pod, then who enters it; or nothing but archives. */
static bool may_open(const struct guest *guest, const struct session_request *request)
{
	if (find_job(guest, request->session) != NULL)
		return false;
	if ((request->flags & SESSION_ARCHIVE) != 0)
		return request->session != 0 && !guest->pod_started;
	return (request->session == 0) != guest->pod_started;
}

static int open_session(struct guest *guest, const struct frame *frame, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct session_request request;
	int r = session_read(&arena, frame, &request, err);

	if (r < 0)
		return r;
	guest->notify_wanted = guest->notify_wanted || (request.flags & SESSION_NOTIFY) != 0;
	if (!may_open(guest, &request))
		return error_set(err, EPROTO, "session %u cannot be opened now", request.session);
	return start_job(guest, &request, err);
}

static int take_before_start(struct guest *guest, const struct frame *frame, struct error *err)
{
	if (frame->kind == FRAME_WAKE && !guest->awake)
		return wake(guest, frame, err);
	if (frame->kind == FRAME_WAKE || !guest->awake)
		return error_set(err, EPROTO, "the first thing is the time and entropy, once");
	if (frame->kind == FRAME_PLAN)
		return process_take_plan(frame, err);
	return frame->kind == FRAME_FILE ? orders_take_file(frame, err) : orders_take(frame, err);
}

static int on_frame(void *context, const struct frame *frame, struct error *err)
{
	struct guest *guest = context;
	struct job *job = find_job(guest, FRAME_SESSION_OF(frame->stream));

	if (frame->kind == FRAME_WAKE || frame->kind == FRAME_FILE || frame->kind == FRAME_PLAN ||
	    frame->kind == FRAME_ORDER)
		return take_before_start(guest, frame, err);
	if (frame->kind == FRAME_OPEN)
		return open_session(guest, frame, err);
	if (frame->kind == FRAME_PING)
		return channel_send_empty(&guest->channel, FRAME_PONG, FRAME_OF_SESSION(0), err);
	/* Of a session that has ended meanwhile. */
	return job == NULL ? 0 : job_take_frame(job, frame, err);
}

/* The pod's leader says something for the host. */
static int take_report(struct guest *guest, struct error *err)
{
	unsigned char record[PROCESS_RECORD_MAX];
	struct frame frame = { .stream = FRAME_OF_SESSION(0), .payload = record + 2 };
	ssize_t n = recv(guest->reports[0], record, sizeof(record), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 2) {
		poll_set_remove(&guest->poll_set, guest->reports[0]);
		return 0;
	}
	frame.kind = (enum frame_kind)frame_get_u16(record);
	frame.length = (size_t)n - 2;
	if (frame.kind == FRAME_STARTED && frame.length == 4) {
		guest->pod_pid = (pid_t)frame_get_u32(frame.payload);
		frame.length = 0;
	}
	return channel_send(&guest->channel, &frame, err) < 0 ? -err->code : 1;
}

static int on_report(short events, void *context, struct error *err)
{
	int r;

	(void)events;
	do
		r = take_report(context, err);
	while (r == 1);
	return r;
}

static int on_notify(short events, void *context, struct error *err)
{
	struct guest *guest = context;
	unsigned char datagram[NOTIFY_RELAY_MAX];
	ssize_t n = recv(guest->notify, datagram, sizeof(datagram), MSG_DONTWAIT);

	(void)events;
	if (n <= 0 || channel_is_busy(&guest->channel))
		return 0;
	return channel_send(&guest->channel,
			    &(const struct frame){ .kind = FRAME_NOTIFY,
						   .stream = FRAME_OF_SESSION(0),
						   .payload = datagram,
						   .length = (size_t)n },
			    err);
}

static void reap(const struct reaped *reaped, void *context)
{
	const struct guest *guest = context;

	for (struct job *job = guest->jobs; job != NULL; job = job->next) {
		if (job->process.pid == reaped->pid && !job->ended)
			job_note_end(job, reaped->wait_status);
	}
}

static int on_signal(short events, void *context, struct error *err)
{
	struct guest *guest = context;
	struct signalfd_siginfo info;
	int r;

	(void)events;
	while ((r = signals_next(guest->signal_fd, &info, err)) == 1) {
		if (info.ssi_signo == SIGCHLD && (r = reaper_collect(reap, guest, err)) < 0)
			return r;
	}
	return r;
}

/* Jobs that have ended and said all go. */
static int settle_jobs(struct guest *guest, struct error *err)
{
	struct job **link = &guest->jobs;

	while (*link != NULL) {
		struct job *job = *link;
		int r = 0;

		if (job->ended && job->session == 0)
			r = on_report(POLLIN, guest, err);
		if (r == 0 && job->ended)
			r = job_settle(job, err);
		if (r < 0)
			return r;
		if (r == 0) {
			link = &job->next;
			continue;
		}
		*link = job->next;
		job_free(job);
	}
	return 0;
}

static int open_notify(struct guest *guest, struct error *err)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = NOTIFY_PLACE };

	guest->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (guest->notify < 0 ||
	    bind(guest->notify, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_from_errno(err, "making " NOTIFY_PLACE);
	return poll_set_add(&guest->poll_set, guest->notify, POLLIN, on_notify, guest, err);
}

static int open_guest(struct guest *guest, struct error *err)
{
	unsigned char version[4];
	int r = signals_to_fd(&guest->signal_fd, err);

	if (r == 0)
		r = fd_passing_open(guest->reports, err);
	if (r == 0)
		r = channel_open(&guest->channel, &guest->poll_set, guest->port, err);
	if (r == 0)
		r = poll_set_add(&guest->poll_set, guest->signal_fd, POLLIN, on_signal, guest, err);
	if (r == 0)
		r = poll_set_add(&guest->poll_set, guest->reports[0], POLLIN, on_report, guest,
				 err);
	if (r == 0)
		r = open_notify(guest, err);
	frame_put_u32(version, FRAME_VERSION);
	return r < 0 ? r
		     : channel_send(&guest->channel,
				    &(const struct frame){ .kind = FRAME_HELLO,
							   .payload = version,
							   .length = sizeof(version) },
				    err);
}

static int loop(struct guest *guest, struct error *err)
{
	int r = open_guest(guest, err);

	while (r >= 0 && guest->channel.is_open) {
		r = settle_jobs(guest, err);
		if (r == 0)
			r = poll_set_wait(&guest->poll_set, -1, err);
	}
	return r < 0 ? r : 0;
}

static void say_farewell(struct guest *guest, const struct error *problem)
{
	/* What the hypervisor has not handed on when the machine ends is lost: so its end is the
	 * host's to make, who hangs up when it has heard. */
	struct pollfd hung_up = { .fd = guest->port };
	struct error ignored = { 0 };

	if (guest->channel.is_open &&
	    channel_send(&guest->channel,
			 &(const struct frame){ .kind = FRAME_FAILED,
						.payload = (const unsigned char *)problem->text,
						.length = strlen(problem->text) },
			 &ignored) == 0 &&
	    channel_flush(&guest->channel, farewell_ms, &ignored) == 0)
		(void)poll(&hung_up, 1, farewell_ms);
}

void guest_refuse(int port, const struct error *problem)
{
	struct guest guest = { .port = port, .channel = { .on_frame = on_frame } };
	struct error ignored = { 0 };

	guest.channel.context = &guest;
	if (channel_open(&guest.channel, &guest.poll_set, port, &ignored) == 0)
		say_farewell(&guest, problem);
}

int guest_run(int port, struct error *err)
{
	struct guest guest = { .port = port,
			       .signal_fd = FD_NONE,
			       .reports = { FD_NONE, FD_NONE },
			       .notify = FD_NONE,
			       .channel = { .on_frame = on_frame } };
	int r;

	guest.channel.context = &guest;
	r = loop(&guest, err);
	if (r < 0)
		say_farewell(&guest, err);
	return r;
}
