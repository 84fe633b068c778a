/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/leader.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/pod/pod_record.h"
#include "common/process/deadline.h"
#include "common/process/exit_status.h"
#include "common/process/signals.h"
#include "common/process/terminal.h"
#include "stage1-kvm/entry.h"
#include "stage1-kvm/guest_log.h"
#include "stage1-kvm/guest_reports.h"
#include "stage1-kvm/session.h"
#include "stage1-kvm/waking.h"

/* How long the guest may be silent once it is up, until it has started the pod, in ms. */
static const int start_ms = 120000;

/* How long a guest that was told to stop twice may take, in ms. */
static const int last_ms = 15000;

/* One that was told once may take as long as its apps do, but is asked every so often whether it
 * lives, in ms. */
static const int ask_ms = 5000;
static const int answer_ms = 15000;

enum stage { BOOTING, WAKING, STARTING, RUNNING };

struct watch {
	const struct vm_leader *leader;
	struct poll_set poll_set;
	struct channel channel;
	struct guest_reports reports;
	struct guest_log log;
	struct session pod;
	struct session *entered;
	uint32_t next_session;
	enum stage stage;
	int listener;
	int early_signal; /* arrived before the pod could be told; 0: none */
	unsigned n_stops;
	bool asked; /* with PING */
	int64_t deadline_ms;
	bool machine_gone;
	struct terminal_mode mode;
};

/* Time and entropy come first, before anything of the pod. */
static int send_wake(struct watch *watch, struct error *err)
{
	struct wake wake;
	int r = wake_fill(&wake, err);

	return r < 0 ? r : channel_send(&watch->channel, &wake.frame, err);
}

static int open_pod(struct watch *watch, struct error *err)
{
	const struct pod_run *run = watch->leader->run;
	struct session_request request = { 0 };
	int r;

	watch->pod = (struct session){ .channel = &watch->channel,
				       .fds = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
				       .client = FD_NONE };
	if (run->plan->interactive)
		request.flags = session_flags_of(watch->pod.fds);
	if (run->notify.host_socket != NULL && run->notify.host_socket[0] != '\0')
		request.flags |= SESSION_NOTIFY;
	session_get_size(STDIN_FILENO, &request.rows, &request.columns);
	r = session_open(&watch->pod, &request, err);
	if (r == 0 && (request.flags & SESSION_IN_TTY) != 0)
		r = terminal_set_raw(STDIN_FILENO, &watch->mode, err);
	if (r == 0 && watch->early_signal != 0)
		r = session_send_signal(&watch->pod, watch->early_signal, err);
	return r;
}

static int give_orders(struct watch *watch, struct error *err)
{
	const struct vm_leader *leader = watch->leader;
	int r;

	watch->stage = STARTING;
	watch->deadline_ms = deadline_after_ms(start_ms);
	r = leader->give_orders(leader->context, &watch->channel, err);
	return r < 0 ? r : open_pod(watch, err);
}

static int on_hello(struct watch *watch, const struct frame *frame, struct error *err)
{
	if (watch->stage != BOOTING || frame_get_u32(frame->payload) != FRAME_VERSION)
		return error_set(err, EPROTO, "the guest speaks version %u of the protocol, not %u",
				 frame_get_u32(frame->payload), FRAME_VERSION);
	watch->stage = WAKING;
	return send_wake(watch, err);
}

static int on_awake(struct watch *watch, struct error *err)
{
	if (watch->stage != WAKING)
		return error_set(err, EPROTO, "the guest says AWAKE when nobody woke it");
	return give_orders(watch, err);
}

/* Its apps may stop in their own time, as long as it is there. */
static int ask(struct watch *watch, struct error *err)
{
	watch->asked = true;
	watch->deadline_ms =
	    deadline_after_ms(watch->leader->answer_ms > 0 ? watch->leader->answer_ms : answer_ms);
	return channel_send_empty(&watch->channel, FRAME_PING, FRAME_OF_SESSION(0), err);
}

static int on_started(struct watch *watch, struct error *err)
{
	if (watch->stage != STARTING)
		return error_set(err, EPROTO, "the guest says twice that it has started");
	watch->stage = RUNNING;
	if (watch->n_stops == 0)
		watch->deadline_ms = DEADLINE_NEVER;
	if (watch->n_stops == 1 && ask(watch, err) < 0)
		return -err->code;
	return guest_reports_started(&watch->reports, err);
}

static struct session *find_session(struct watch *watch, uint32_t id)
{
	struct session *session = watch->entered;

	if (id == 0)
		return watch->stage < STARTING ? NULL : &watch->pod;
	while (session != NULL && session->id != id)
		session = session->next;
	return session;
}

/* What the protocol does not allow is not kept either. */
static int take_from_pod(struct watch *watch, const struct frame *frame, struct error *err)
{
	unsigned n = FRAME_STDIO_OF(frame->stream);
	int r = session_take(&watch->pod, frame, err);

	if (r == 0 && frame->kind == FRAME_DATA && (n == 1 || n == 2))
		guest_log_take(&watch->log, n - 1, (const char *)frame->payload, frame->length);
	return r;
}

/* What the log had no room for, somebody should know of. */
static void settle_log(const struct watch *watch)
{
	struct error problem = { 0 };

	if (watch->log.log != NULL && log_writer_settle(watch->log.log, &problem) < 0)
		(void)dprintf(STDERR_FILENO, "%s: %s\n", watch->leader->run->program, problem.text);
}

static int on_pong(struct watch *watch, struct error *err)
{
	if (!watch->asked)
		return error_set(err, EPROTO, "the guest says PONG when nobody asked");
	watch->asked = false;
	if (watch->n_stops == 1)
		watch->deadline_ms = deadline_after_ms(ask_ms);
	return 0;
}

static int on_frame(void *context, const struct frame *frame, struct error *err)
{
	struct watch *watch = context;
	struct session *session = find_session(watch, FRAME_SESSION_OF(frame->stream));

	if (frame->kind == FRAME_HELLO)
		return on_hello(watch, frame, err);
	if (frame->kind == FRAME_AWAKE)
		return on_awake(watch, err);
	if (frame->kind == FRAME_FAILED)
		return frame_take_failed(frame, err);
	if (watch->stage < STARTING)
		return error_set(err, EPROTO, "the guest did not say HELLO and AWAKE first");
	if (frame->kind == FRAME_STARTED)
		return on_started(watch, err);
	if (frame->kind == FRAME_PONG)
		return on_pong(watch, err);
	if (guest_reports_knows(frame->kind))
		return guest_reports_take(&watch->reports, frame, err);
	/* A client may be gone before its session in the guest is. */
	if (session == NULL)
		return 0;
	return session == &watch->pod ? take_from_pod(watch, frame, err)
				      : session_take(session, frame, err);
}

static int pass_signal(struct watch *watch, int number, struct error *err)
{
	bool stop = number == SIGTERM || number == SIGINT || number == SIGQUIT;
	int r = 0;

	if (stop && ++watch->n_stops == 2)
		watch->deadline_ms = deadline_after_ms(last_ms);
	if (watch->stage < STARTING) {
		watch->early_signal = number;
		return 0;
	}
	if (stop && watch->n_stops == 1 && watch->stage == RUNNING)
		r = ask(watch, err);
	return r < 0 ? r : session_send_signal(&watch->pod, number, err);
}

static int take_signal(struct watch *watch, int number, struct error *err)
{
	uint16_t rows, columns;

	if (number == SIGWINCH) {
		if (watch->stage < STARTING || !watch->mode.changed)
			return 0;
		session_get_size(STDIN_FILENO, &rows, &columns);
		return session_send_size(&watch->pod, rows, columns, err);
	}
	if (number == SIGTERM || number == SIGINT || number == SIGQUIT ||
	    signals_are_forwarded(number))
		return pass_signal(watch, number, err);
	return 0;
}

static int on_signal(short events, void *context, struct error *err)
{
	struct watch *watch = context;
	struct signalfd_siginfo info;
	int r;

	(void)events;
	while ((r = signals_next(watch->leader->signal_fd, &info, err)) == 1) {
		r = take_signal(watch, (int)info.ssi_signo, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int on_machine(short events, void *context, struct error *err)
{
	struct watch *watch = context;

	(void)events;
	(void)err;
	watch->machine_gone = true;
	return 0;
}

/* A client's next word, or its end. */
static int on_client(short events, void *context, struct error *err)
{
	struct session *session = context;
	unsigned char record[FRAME_HEADER + FRAME_MAX];
	struct error problem = { 0 };
	struct frame frame;
	int r = entry_receive(session->client, record, sizeof(record), &frame, &problem);

	(void)events;
	if (r == 1 && frame.kind == FRAME_SIGNAL)
		return session_send_signal(session, (int)frame_get_u32(frame.payload), err);
	if (r == 1 && frame.kind == FRAME_RESIZE)
		return session_send_size(session, frame_get_u16(frame.payload),
					 frame_get_u16(frame.payload + 2), err);
	poll_set_remove(session->channel->poll_set, session->client);
	return session_abandon(session, err);
}

static int start_entered(struct watch *watch, struct entry *entry, struct error *err)
{
	struct session *session = calloc(1, sizeof(*session));
	int r;

	if (session == NULL)
		return error_set(err, ENOMEM, "entering: out of memory");
	*session = (struct session){ .channel = &watch->channel,
				     .id = watch->next_session,
				     .fds = { entry->fds[0], entry->fds[1], entry->fds[2] },
				     .owned = true,
				     .client = entry->client };
	watch->next_session = watch->next_session % (FRAME_SESSIONS - 1) + 1;
	session->next = watch->entered;
	watch->entered = session;
	entry->request.session = session->id;
	r = session_open(session, &entry->request, err);
	return r < 0 ? r
		     : poll_set_add(&watch->poll_set, session->client, POLLIN, on_client, session,
				    err);
}

static bool is_full(struct watch *watch)
{
	return watch->stage != RUNNING || watch->pod.exited ||
	       find_session(watch, watch->next_session) != NULL;
}

static int on_listener(short events, void *context, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct watch *watch = context;
	struct error refused = { 0 };
	struct entry entry;

	(void)events;
	if (entry_accept(&arena, watch->listener, &entry, &refused) < 0)
		return 0; /* his trouble, not the pod's */
	if (!is_full(watch))
		return start_entered(watch, &entry, err);
	for (size_t i = 0; i < ARRAY_LENGTH(entry.fds); i++)
		cleanup_close(&entry.fds[i]);
	cleanup_close(&entry.client);
	return 0;
}

static void end_session(struct watch *watch, struct session *session)
{
	if (session->client >= 0) {
		poll_set_remove(&watch->poll_set, session->client);
		/* The end of the pod is the end of all who entered it. */
		entry_send_exit(session->client, session->exited ? session->status : 128 + SIGKILL);
	}
	session_release(session);
	free(session);
}

static void settle_entered(struct watch *watch, bool all)
{
	struct session **link = &watch->entered;

	while (*link != NULL) {
		struct session *session = *link;

		if (!all && !session_is_over(session)) {
			link = &session->next;
			continue;
		}
		*link = session->next;
		end_session(watch, session);
	}
}

static bool waits_for_writers(const struct watch *watch)
{
	if (watch->pod.exited)
		return true;
	for (const struct session *session = watch->entered; session != NULL;
	     session = session->next) {
		if (session->exited)
			return true;
	}
	return false;
}

static int too_late(const struct watch *watch, struct error *err)
{
	static const char *const what[] = {
		[BOOTING] = "it did not come up",
		[WAKING] = "it did not take the time and entropy",
		[STARTING] = "it did not start the pod",
		[RUNNING] = "it did not stop the pod, and is killed",
	};

	return error_set(err, ETIMEDOUT, "the virtual machine: %s in time",
			 watch->asked ? "it did not answer, and is killed" : what[watch->stage]);
}

static int wait_for_more(struct watch *watch, struct error *err)
{
	static const int writers_ms = 50;
	int r;

	if (waits_for_writers(watch))
		return poll_set_wait(&watch->poll_set, writers_ms, err);
	if (watch->deadline_ms == DEADLINE_NEVER)
		return poll_set_wait_small(&watch->poll_set, err);
	r = poll_set_wait(&watch->poll_set, deadline_left_ms(watch->deadline_ms), err);
	if (r < 0 || !deadline_has_passed(watch->deadline_ms))
		return r;
	if (watch->stage == RUNNING && watch->n_stops == 1 && !watch->asked)
		return ask(watch, err);
	return too_late(watch, err);
}

static int listen_to_all(struct watch *watch, struct error *err)
{
	const struct vm_leader *leader = watch->leader;
	struct poll_set *set = &watch->poll_set;
	int r = poll_set_add(set, leader->signal_fd, POLLIN, on_signal, watch, err);

	if (r == 0)
		r = poll_set_add(set, leader->machine->pidfd, POLLIN, on_machine, watch, err);
	if (r == 0)
		r = channel_open(&watch->channel, set, leader->channel_fd, err);
	if (r == 0 && leader->watch_helpers != NULL)
		r = leader->watch_helpers(leader->context, set, err);
	if (r == 0)
		r = entry_listen(&watch->listener, err);
	if (r == 0)
		r = poll_set_add(set, watch->listener, POLLIN, on_listener, watch, err);
	return r;
}

/* What was in the channel when the machine ended is still there. */
static int machine_ended(struct watch *watch, struct error *err)
{
	int wait_status = 0;
	int r = 1;

	while (r == 1 && watch->channel.is_open && !watch->pod.exited)
		r = poll_set_wait(&watch->poll_set, 0, err);
	if (r < 0)
		return r;
	if (watch->stage >= STARTING && watch->pod.exited)
		return 0;
	r = child_wait(watch->leader->machine, &wait_status, err);
	if (r < 0)
		return r;
	if (watch->stage == RUNNING && WIFSIGNALED(wait_status) &&
	    WTERMSIG(wait_status) == SIGKILL) {
		guest_reports_settle(&watch->reports, 128 + SIGKILL);
		watch->pod.status = 128 + SIGKILL;
		return 0;
	}
	return error_set(err, EIO, "the virtual machine ended by itself%s",
			 watch->stage < STARTING ? " before it was up" : "");
}

static int watch_until_over(struct watch *watch, struct error *err)
{
	int r = listen_to_all(watch, err);

	if (r == 0 && watch->leader->restored)
		r = give_orders(watch, err);
	while (r >= 0 && !watch->machine_gone && !session_is_over(&watch->pod)) {
		settle_entered(watch, false);
		r = wait_for_more(watch, err);
		if (r >= 0 && !watch->channel.is_open)
			watch->machine_gone = true;
	}
	if (r >= 0 && !session_is_over(&watch->pod))
		r = machine_ended(watch, err);
	return r < 0 ? r : watch->pod.status;
}

int vm_leader_run(const struct vm_leader *leader, struct error *err)
{
	struct watch watch = { .leader = leader,
			       .channel = { .on_frame = on_frame },
			       .log = { .log = leader->log, .plan = leader->run->plan },
			       .next_session = 1,
			       .listener = FD_NONE,
			       .deadline_ms = deadline_after_ms(
				   leader->boot_ms > 0 ? leader->boot_ms : VM_LEADER_BOOT_MS) };
	int r;

	watch.channel.context = &watch;
	r = guest_reports_open(&watch.reports, leader->run, err);
	if (r == 0)
		r = watch_until_over(&watch, err);
	settle_entered(&watch, true);
	if (watch.stage >= STARTING)
		session_release(&watch.pod);
	terminal_restore(&watch.mode);
	settle_log(&watch);
	channel_release(&watch.channel);
	poll_set_release(&watch.poll_set);
	cleanup_close(&watch.listener);
	guest_reports_release(&watch.reports);
	return r;
}
