/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/channel/frame.h"

#include <errno.h>
#include <string.h>

void frame_put_u16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)(value & 0xff);
	at[1] = (unsigned char)(value >> 8);
}

void frame_put_u32(unsigned char *at, uint32_t value)
{
	frame_put_u16(at, (uint16_t)(value & 0xffff));
	frame_put_u16(at + 2, (uint16_t)(value >> 16));
}

void frame_put_u64(unsigned char *at, uint64_t value)
{
	frame_put_u32(at, (uint32_t)(value & UINT32_MAX));
	frame_put_u32(at + 4, (uint32_t)(value >> 32));
}

uint16_t frame_get_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t frame_get_u32(const unsigned char *at)
{
	return frame_get_u16(at) | (uint32_t)frame_get_u16(at + 2) << 16;
}

uint64_t frame_get_u64(const unsigned char *at)
{
	return frame_get_u32(at) | (uint64_t)frame_get_u32(at + 4) << 32;
}

void frame_write_header(unsigned char header[FRAME_HEADER], const struct frame *frame)
{
	frame_put_u32(header, (uint32_t)frame->length);
	frame_put_u16(header + 4, (uint16_t)frame->kind);
	frame_put_u16(header + 6, 0);
	frame_put_u32(header + 8, frame->stream);
}

/* Payloads are of a fixed size, or of any size from a least one on. */
static const struct {
	size_t least;
	bool exact;
} payloads[FRAME_KINDS] = {
	[FRAME_HELLO] = { 4, true },   [FRAME_READY] = { 0, true },
	[FRAME_STARTED] = { 0, true }, [FRAME_ENVIRONMENT] = { 4, false },
	[FRAME_ENDED] = { 8, true },   [FRAME_EXIT] = { 4, true },
	[FRAME_FAILED] = { 1, false }, [FRAME_NOTIFY] = { 1, false },
	[FRAME_WAKE] = { 16, false },  [FRAME_FILE] = { 2, false },
	[FRAME_ORDER] = { 1, false },  [FRAME_OPEN] = { 6, false },
	[FRAME_RESIZE] = { 4, true },  [FRAME_SIGNAL] = { 4, true },
	[FRAME_DATA] = { 1, false },   [FRAME_END] = { 0, true },
	[FRAME_CREDIT] = { 4, true },  [FRAME_STOP] = { 0, true },
	[FRAME_AWAKE] = { 0, true },   [FRAME_PING] = { 0, true },
	[FRAME_PONG] = { 0, true },    [FRAME_RESTARTED] = { 8, true },
	[FRAME_PLAN] = { 1, false },
};

long frame_read(const unsigned char *data, size_t length, struct frame *ret, struct error *err)
{
	uint32_t size;
	uint16_t kind;
	uint32_t stream;

	if (length < FRAME_HEADER)
		return 0;
	size = frame_get_u32(data);
	kind = frame_get_u16(data + 4);
	stream = frame_get_u32(data + 8);
	if (kind == 0 || kind >= FRAME_KINDS || frame_get_u16(data + 6) != 0)
		return error_set(err, EPROTO, "the channel: no frame is of kind %u", kind);
	if (size > FRAME_MAX || size < payloads[kind].least ||
	    (payloads[kind].exact && size != payloads[kind].least))
		return error_set(err, EPROTO, "the channel: a frame of kind %u with %u bytes", kind,
				 size);
	if (FRAME_SESSION_OF(stream) >= FRAME_SESSIONS)
		return error_set(err, EPROTO, "the channel: a frame for stream %u", stream);
	if (length < FRAME_HEADER + (size_t)size)
		return 0;
	*ret = (struct frame){ .kind = (enum frame_kind)kind,
			       .stream = stream,
			       .payload = data + FRAME_HEADER,
			       .length = size };
	return (long)(FRAME_HEADER + (size_t)size);
}

const char *frame_next_string(const struct frame *frame, size_t *at)
{
	const char *text = (const char *)frame->payload + *at;
	const char *end;

	if (*at >= frame->length)
		return NULL;
	end = memchr(text, '\0', frame->length - *at);
	if (end == NULL)
		return NULL;
	*at += (size_t)(end - text) + 1;
	return text;
}

int frame_take_failed(const struct frame *frame, struct error *err)
{
	return error_set(err, EIO, "in the virtual machine: %.*s",
			 frame->length > 400 ? 400 : (int)frame->length,
			 (const char *)frame->payload);
}
