/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/channel/session.h"

#include <errno.h>
#include <string.h>

#define FIXED 6 /* flags, rows, columns */

static int put_string(unsigned char payload[FRAME_MAX], size_t *at, const char *text,
		      struct error *err)
{
	size_t size = strlen(text) + 1;

	if (size > FRAME_MAX - *at)
		return error_set(err, E2BIG, "the command has more than %zu bytes",
				 FRAME_MAX - FIXED);
	memcpy(payload + *at, text, size);
	*at += size;
	return 0;
}

int session_write(const struct session_request *request, unsigned char payload[FRAME_MAX],
		  struct frame *ret, struct error *err)
{
	size_t at = FIXED;
	int r = 0;

	frame_put_u16(payload, (uint16_t)request->flags);
	frame_put_u16(payload + 2, request->rows);
	frame_put_u16(payload + 4, request->columns);
	if (request->app != NULL) {
		r = put_string(payload, &at, request->app, err);
		if (r == 0)
			r = put_string(payload, &at,
				       request->terminal_type != NULL ? request->terminal_type : "",
				       err);
		for (size_t i = 0; r == 0 && request->argv[i] != NULL; i++)
			r = put_string(payload, &at, request->argv[i], err);
	}
	if (r < 0)
		return r;
	*ret = (struct frame){ .kind = FRAME_OPEN,
			       .stream = FRAME_OF_SESSION(request->session),
			       .payload = payload,
			       .length = at };
	return 0;
}

/* Cuts what follows the fixed part into strings; -EPROTO when the last one is cut off. */
static int read_strings(struct arena *arena, const struct frame *frame, const char ***ret,
			size_t *ret_n, struct error *err)
{
	const char **strings;
	size_t at = FIXED;
	size_t n = 0;

	for (size_t i = FIXED; i < frame->length; i++)
		n += frame->payload[i] == '\0';
	if (frame->length > FIXED && frame->payload[frame->length - 1] != '\0')
		return error_set(err, EPROTO, "opening a session: its command is cut off");
	strings = arena_array(arena, n + 1, const char *);
	if (strings == NULL)
		return error_set(err, ENOMEM, "opening a session: out of memory");
	for (size_t i = 0; i < n; i++) {
		strings[i] = arena_string(arena, frame_next_string(frame, &at));
		if (strings[i] == NULL)
			return error_set(err, ENOMEM, "opening a session: out of memory");
	}
	*ret = strings;
	*ret_n = n;
	return 0;
}

int session_read(struct arena *arena, const struct frame *frame, struct session_request *ret,
		 struct error *err)
{
	struct session_request request = { .session = FRAME_SESSION_OF(frame->stream),
					   .flags = frame_get_u16(frame->payload),
					   .rows = frame_get_u16(frame->payload + 2),
					   .columns = frame_get_u16(frame->payload + 4) };
	const char **strings;
	size_t n = 0;
	int r = read_strings(arena, frame, &strings, &n, err);

	if (r < 0)
		return r;
	if (FRAME_STDIO_OF(frame->stream) != 3 || request.flags > SESSION_ALL_FLAGS ||
	    (request.session == 0 ? n != 0 : n < 3))
		return error_set(err, EPROTO, "opening session %u: not a session", request.session);
	if (request.session != 0) {
		request.app = strings[0];
		request.terminal_type = strings[1][0] != '\0' ? strings[1] : NULL;
		request.argv = strings + 2;
	}
	*ret = request;
	return 0;
}
