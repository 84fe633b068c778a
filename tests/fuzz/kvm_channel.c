/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from the other end of the channel: as the host takes them from a guest (first byte
 * even), and as the guest takes them from a host.  Nothing grows beyond its bound.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "stage1-kvm/guest_reports.h"
#include "stage1-kvm/session.h"
#include "tests/fuzz/fuzz.h"

struct host {
	struct session session;
	struct guest_reports reports;
};

static int take_as_host(void *context, const struct frame *frame, struct error *err)
{
	struct host *host = context;

	if (guest_reports_knows(frame->kind) && frame->kind != FRAME_READY &&
	    frame->kind != FRAME_ENDED && frame->kind != FRAME_RESTARTED)
		return guest_reports_take(&host->reports, frame, err);
	return FRAME_SESSION_OF(frame->stream) == 0 ? session_take(&host->session, frame, err) : 0;
}

static int take_as_guest(void *context, const struct frame *frame, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct session_request request;
	unsigned char payload[FRAME_MAX];
	struct frame again;
	struct error ignored = { 0 };

	(void)context;
	if (frame->kind != FRAME_OPEN || session_read(&arena, frame, &request, err) < 0)
		return frame->kind == FRAME_OPEN ? -err->code : 0;
	fuzz_check(session_write(&request, payload, &again, &ignored) == 0);
	fuzz_check(again.length == frame->length);
	fuzz_check(memcmp(payload, frame->payload, frame->length) == 0);
	return 0;
}

static void check_bounds(const struct channel *channel, const struct host *host)
{
	fuzz_check(channel->n_in <= FRAME_HEADER + FRAME_MAX);
	fuzz_check(channel->out_capacity <= 2 * CHANNEL_OUT_MAX);
	for (size_t i = 0; i < ARRAY_LENGTH(host->session.outputs); i++)
		fuzz_check(host->session.outputs[i].taken <= STREAM_WINDOW);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct plan_app apps[] = { { .name = "a" }, { .name = "b" } };
	const struct plan plan = { .apps = apps, .n_apps = ARRAY_LENGTH(apps) };
	const struct pod_run run = { .plan = &plan, .results_fd = FD_NONE, .pod_fd = FD_NONE };
	auto_close int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	auto_poll_set struct poll_set set = { 0 };
	const struct session_request request = { .session = 0 };
	struct host host = { 0 };
	struct channel channel = { .context = &host };
	struct error err = { 0 };
	int r;

	if (size < 1 || fd < 0)
		return 0;
	channel.on_frame = data[0] % 2 == 0 ? take_as_host : take_as_guest;
	fuzz_check(channel_open(&channel, &set, fd, &err) == 0);
	fuzz_check(guest_reports_open(&host.reports, &run, &err) == 0);
	host.session = (struct session){ .channel = &channel,
					 .fds = { FD_NONE, FD_NONE, FD_NONE },
					 .client = FD_NONE };
	fuzz_check(session_open(&host.session, &request, &err) == 0);
	r = channel_take(&channel, data + 1, size - 1, &err);
	fuzz_check((r < 0) == (err.code != 0));
	fuzz_check(r >= 0 || (err.text[0] != '\0' && strchr(err.text, '\n') == NULL));
	check_bounds(&channel, &host);
	session_release(&host.session);
	guest_reports_release(&host.reports);
	channel_release(&channel);
	return 0;
}
