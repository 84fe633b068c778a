/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/archive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "stage1-kvm/pod_files.h"
#include "stage1-kvm/session.h"
#include "stage1-kvm/vm.h"
#include "stage1-kvm/waking.h"

/* How long the machine may be silent, in ms: it boots, mounts, or reads a directory of many. */
static const int silence_ms = 120000;

#define MEMORY_BYTES ((uint64_t)256 << 20)

struct reading {
	const struct pod_run *run;
	const char *app;
	struct vm vm;
	struct poll_set poll_set;
	struct channel channel;
	struct session session;
	bool awake; /* it has its orders, and the session is open */
	bool machine_gone;
	int64_t deadline_ms;
	char said[256]; /* the first of what came out of the session's stderr, which is nobody's app
			 */
	size_t n_said;
};

static int open_session(struct reading *reading, struct error *err)
{
	static const char *const argv[] = { "export", NULL };
	const struct session_request request = {
		.session = 1, .flags = SESSION_ARCHIVE, .app = reading->app, .argv = argv
	};

	reading->awake = true;
	reading->session = (struct session){ .channel = &reading->channel,
					     .id = request.session,
					     .fds = { FD_NONE, STDOUT_FILENO, FD_NONE },
					     .client = FD_NONE };
	return session_open(&reading->session, &request, err);
}

static int give_orders(struct reading *reading, struct error *err)
{
	const struct pod_run *run = reading->run;
	int r = pod_files_send_manifest(&reading->channel, run->pod_fd, reading->app, err);

	if (r == 0)
		r = vm_order_mounts(&reading->vm, &reading->channel, run, err);
	return r < 0 ? r : open_session(reading, err);
}

static int wake(struct reading *reading, const struct frame *hello, struct error *err)
{
	struct wake wake;
	int r = frame_get_u32(hello->payload) == FRAME_VERSION
		    ? wake_fill(&wake, err)
		    : error_set(err, EPROTO, "the guest speaks another version of the protocol");

	return r < 0 ? r : channel_send(&reading->channel, &wake.frame, err);
}

static void keep_words(struct reading *reading, const struct frame *frame)
{
	size_t room = sizeof(reading->said) - reading->n_said;
	size_t n = frame->length < room ? frame->length : room;

	memcpy(reading->said + reading->n_said, frame->payload, n);
	reading->n_said += n;
}

static int on_frame(void *context, const struct frame *frame, struct error *err)
{
	struct reading *reading = context;

	reading->deadline_ms = deadline_after_ms(silence_ms);
	if (frame->kind == FRAME_FAILED)
		return frame_take_failed(frame, err);
	if (frame->kind == FRAME_HELLO && !reading->awake)
		return wake(reading, frame, err);
	if (frame->kind == FRAME_AWAKE && !reading->awake)
		return give_orders(reading, err);
	if (!reading->awake || FRAME_SESSION_OF(frame->stream) != reading->session.id)
		return error_set(err, EPROTO, "the guest sent a frame of kind %u for stream %u",
				 frame->kind, frame->stream);
	if (frame->kind == FRAME_DATA && FRAME_STDIO_OF(frame->stream) == 2)
		keep_words(reading, frame);
	return session_take(&reading->session, frame, err);
}

static int on_machine(short events, void *context, struct error *err)
{
	struct reading *reading = context;

	(void)events;
	(void)err;
	reading->machine_gone = true;
	return 0;
}

static int listen_to_all(struct reading *reading, struct error *err)
{
	struct poll_set *set = &reading->poll_set;
	int r = poll_set_add(set, reading->vm.process.pidfd, POLLIN, on_machine, reading, err);

	if (r == 0)
		r = channel_open(&reading->channel, set, reading->vm.channel_fd, err);
	return r < 0 ? r : vm_watch(&reading->vm, set, err);
}

/* What it said reaches no terminal as it is. */
static int finish(const struct reading *reading, struct error *err)
{
	struct error said = { 0 };
	size_t n = reading->n_said;

	while (n > 0 && reading->said[n - 1] == '\n')
		n--;
	(void)error_set(&said, EIO, "%.*s", (int)n, reading->said);
	if (reading->session.status != 0)
		return error_set(err, EIO, "in the virtual machine: %s",
				 n > 0 ? said.text : "it gives no reason");
	if (n > 0)
		(void)dprintf(STDERR_FILENO, "%s: %s\n", reading->run->program, said.text);
	return 0;
}

static int read_all(struct reading *reading, struct error *err)
{
	/* Once it has exited, only a slow reader of ours is waited for. */
	static const int writers_ms = 50;
	int r = listen_to_all(reading, err);

	reading->deadline_ms = deadline_after_ms(silence_ms);
	if (r == 0 && reading->vm.restored)
		r = give_orders(reading, err);
	while (r >= 0 && !session_is_over(&reading->session)) {
		if (!reading->session.exited &&
		    (reading->machine_gone || !reading->channel.is_open))
			return error_set(err, EIO, "the virtual machine ended by itself");
		if (!reading->session.exited && deadline_has_passed(reading->deadline_ms))
			return error_set(err, ETIMEDOUT,
					 "the virtual machine was silent for too long");
		r = poll_set_wait(&reading->poll_set,
				  reading->session.exited ? writers_ms
							  : deadline_left_ms(reading->deadline_ms),
				  err);
	}
	return r < 0 ? r : finish(reading, err);
}

static int start(struct reading *reading, struct error *err)
{
	static const struct size size = { .memory_bytes = MEMORY_BYTES, .cpus = 1 };
	static const struct cgroup_app callers = CGROUP_APP_NONE;
	static const struct vm_network none;
	const struct vm_request request = { .run = reading->run,
					    .size = &size,
					    .cgroup = &callers,
					    .network = &none,
					    .without_volumes = true };

	return vm_start(&request, &reading->vm, err);
}

int archive_in_machine(struct pod_run *run, const char *app, struct error *err)
{
	struct reading reading = {
		.run = run, .app = app, .vm = VM_NONE, .channel = { .on_frame = on_frame }
	};
	int r;

	reading.channel.context = &reading;
	/* One that never had a machine gets an empty disk: its apps have written nothing. */
	r = start(&reading, err);
	if (r == 0)
		r = read_all(&reading, err);
	if (r < 0)
		console_add_to_error(&reading.vm.console, err);
	if (reading.awake)
		session_release(&reading.session);
	channel_release(&reading.channel);
	poll_set_release(&reading.poll_set);
	vm_release(&reading.vm);
	return r;
}
