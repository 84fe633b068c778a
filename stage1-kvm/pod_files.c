/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/pod_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/kernel/path_in_root.h"
#include "common/manifest/image_manifest.h"
#include "stage1-kvm/machine/plan_wire.h"

#define FILE_MAX      ((size_t)16 << 20)
#define ETC_MAX_BYTES ((size_t)64 << 10)

/* How long the guest may take to read what it is sent, in ms. */
static const int send_ms = 60000;

static int send_frame(struct channel *channel, const struct frame *frame, struct error *err)
{
	if (channel_send(channel, frame, err) < 0)
		return -err->code;
	return channel_is_busy(channel) ? channel_flush(channel, send_ms, err) : 0;
}

static int send_piece(struct channel *channel, const char *name, const char *data, size_t length,
		      struct error *err)
{
	unsigned char payload[FRAME_MAX];
	size_t prefix = strlen(name) + 1;

	memcpy(payload, name, prefix);
	memcpy(payload + prefix, data, length);
	return send_frame(channel,
			  &(const struct frame){ .kind = FRAME_FILE,
						 .stream = FRAME_OF_SESSION(0),
						 .payload = payload,
						 .length = prefix + length },
			  err);
}

static int send_text(struct channel *channel, const char *name, const struct text *text,
		     struct error *err)
{
	size_t most = FRAME_MAX - PATH_MAX;
	int r = 0;

	for (size_t at = 0; r == 0 && at < text->length; at += most) {
		size_t left = text->length - at;

		r = send_piece(channel, name, text->data + at, left < most ? left : most, err);
	}
	return r;
}

int pod_files_send_text(struct channel *channel, const char *name, const char *content,
			struct error *err)
{
	const struct text text = { .data = (char *)(uintptr_t)content, .length = strlen(content) };

	return send_text(channel, name, &text, err);
}

static int send_file(struct channel *channel, int pod_fd, const char *from, const char *to,
		     struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_at(pod_fd, from, FILE_MAX, &text, err);

	return r < 0 ? r : send_text(channel, to, &text, err);
}

static int send_if_there(struct channel *channel, int pod_fd, const char *name, struct error *err)
{
	int r = send_file(channel, pod_fd, name, name, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	return r;
}

/* Where stage0 left it, in one of the two places the interface allows. */
int pod_files_send_manifest(struct channel *channel, int pod_fd, const char *app, struct error *err)
{
	char beside[PATH_MAX], inside[PATH_MAX];
	int r;

	if (snprintf(beside, sizeof(beside), "appsinfo/%s/manifest", app) >= PATH_MAX ||
	    snprintf(inside, sizeof(inside), "stage1/rootfs/opt/stage2/%s/manifest", app) >=
		PATH_MAX)
		return error_set(err, ENAMETOOLONG, "app %s: its name", app);
	r = send_file(channel, pod_fd, inside, beside, err);
	if (r == -ENOENT) {
		error_clear(err);
		r = send_file(channel, pod_fd, beside, beside, err);
	}
	return r;
}

static bool is_asked(const struct plan *plan, bool hosts)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		const struct plan_app *app = &plan->apps[i];

		if ((hosts ? app->hosts.source : app->resolv_conf.source) == PLAN_ETC_HOST)
			return true;
	}
	return false;
}

static int send_host_file(struct channel *channel, const char *path, struct error *err)
{
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_text struct text text = { 0 };
	char name[64];
	int r;

	if (root < 0)
		return error_from_errno(err, "opening /");
	r = path_read_file(root, path, ETC_MAX_BYTES, &text, err);
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	(void)snprintf(name, sizeof(name), "host%s", path);
	return r < 0 ? r : send_text(channel, name, &text, err);
}

static int send_plan(struct channel *channel, const struct plan *plan, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	int r = plan_wire_write(&arena, plan, &text, err);

	for (size_t at = 0; r == 0 && at < text.length; at += FRAME_MAX) {
		size_t left = text.length - at;
		const struct frame frame = { .kind = FRAME_PLAN,
					     .stream = FRAME_OF_SESSION(0),
					     .payload = (const unsigned char *)text.data + at,
					     .length = left < FRAME_MAX ? left : FRAME_MAX };

		r = send_frame(channel, &frame, err);
	}
	return r;
}

int pod_files_send(struct channel *channel, int pod_fd, const struct plan *plan, struct error *err)
{
	int r = send_if_there(channel, pod_fd, "stage1/rootfs/etc/rkt-hosts", err);

	if (r == 0)
		r = send_if_there(channel, pod_fd, "stage1/rootfs/etc/rkt-resolv.conf", err);
	if (r == 0 && is_asked(plan, true))
		r = send_host_file(channel, "/etc/hosts", err);
	if (r == 0 && is_asked(plan, false))
		r = send_host_file(channel, "/etc/resolv.conf", err);
	return r < 0 ? r : send_plan(channel, plan, err);
}

int pod_files_send_order(struct channel *channel, struct error *err, const char *fmt, ...)
{
	char order[2048];
	va_list arguments;
	int n;

	va_start(arguments, fmt);
	n = vsnprintf(order, sizeof(order), fmt, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= sizeof(order))
		return error_set(err, ENAMETOOLONG, "ordering the guest: an order is too long");
	return channel_send(channel,
			    &(const struct frame){ .kind = FRAME_ORDER,
						   .stream = FRAME_OF_SESSION(0),
						   .payload = (const unsigned char *)order,
						   .length = (size_t)n },
			    err);
}
