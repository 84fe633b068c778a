/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/netlink/netlink_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ATTRIBUTE_TYPE 0x3fffU /* without the bits that say how it is written */

static void fail(struct netlink_batch *batch, int code)
{
	if (batch->status == 0)
		batch->status = -code;
}

/* Appends data and zeros up to the next multiple of four. */
static void append(struct netlink_batch *batch, const void *data, size_t size)
{
	static const char zeros[NLMSG_ALIGNTO];
	size_t padding = NLMSG_ALIGN(size) - size;

	if (batch->status < 0)
		return;
	if ((size > 0 && text_append_bytes(&batch->bytes, data, size) < 0) ||
	    text_append_bytes(&batch->bytes, zeros, padding) < 0)
		fail(batch, ENOMEM);
}

void netlink_begin(struct netlink_batch *batch, uint16_t type, uint16_t flags)
{
	struct nlmsghdr header = { .nlmsg_type = type,
				   .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST) };

	batch->message = batch->bytes.length;
	append(batch, &header, sizeof(header));
}

void netlink_put_header(struct netlink_batch *batch, const void *header, size_t size)
{
	append(batch, header, size);
}

void netlink_put(struct netlink_batch *batch, uint16_t type, const void *data, size_t size)
{
	struct nlattr attribute = { .nla_len = (uint16_t)(sizeof(attribute) + size),
				    .nla_type = type };

	if (size > UINT16_MAX - sizeof(attribute))
		fail(batch, EMSGSIZE);
	append(batch, &attribute, sizeof(attribute));
	append(batch, data, size);
}

void netlink_put_u8(struct netlink_batch *batch, uint16_t type, uint8_t number)
{
	netlink_put(batch, type, &number, sizeof(number));
}

void netlink_put_u32(struct netlink_batch *batch, uint16_t type, uint32_t number)
{
	netlink_put(batch, type, &number, sizeof(number));
}

void netlink_put_be32(struct netlink_batch *batch, uint16_t type, uint32_t number)
{
	netlink_put_u32(batch, type, htonl(number));
}

void netlink_put_string(struct netlink_batch *batch, uint16_t type, const char *string)
{
	netlink_put(batch, type, string, strlen(string) + 1);
}

size_t netlink_nest(struct netlink_batch *batch, uint16_t type)
{
	size_t mark = batch->bytes.length;

	netlink_put(batch, type | NLA_F_NESTED, NULL, 0);
	return mark;
}

void netlink_unnest(struct netlink_batch *batch, size_t mark)
{
	size_t length = batch->bytes.length - mark;
	uint16_t written = (uint16_t)length;

	if (length > UINT16_MAX)
		fail(batch, EMSGSIZE);
	if (batch->status == 0)
		memcpy(batch->bytes.data + mark, &written, sizeof(written)); /* nla_len is first */
}

void netlink_end(struct netlink_batch *batch, const char *fmt, ...)
{
	size_t step =
	    batch->n_messages < NETLINK_BATCH_STEPS ? batch->n_messages : NETLINK_BATCH_STEPS - 1;
	va_list arguments;
	uint32_t length;

	if (batch->status < 0)
		return;
	length = (uint32_t)(batch->bytes.length - batch->message);
	memcpy(batch->bytes.data + batch->message, &length,
	       sizeof(length)); /* nlmsg_len is first */
	va_start(arguments, fmt);
	(void)vsnprintf(batch->steps[step], NETLINK_STEP_TEXT, fmt, arguments);
	va_end(arguments);
	batch->may_exist[step] = false;
	batch->last_offset = batch->message;
	batch->n_messages++;
}

void netlink_may_exist(struct netlink_batch *batch)
{
	if (batch->n_messages > 0 && batch->n_messages < NETLINK_BATCH_STEPS)
		batch->may_exist[batch->n_messages - 1] = true;
}

void netlink_batch_reset(struct netlink_batch *batch)
{
	text_reset(&batch->bytes);
	batch->message = batch->n_messages = batch->last_offset = 0;
	batch->status = 0;
}

void netlink_batch_release(struct netlink_batch *batch)
{
	text_release(&batch->bytes);
	batch->message = batch->n_messages = batch->last_offset = 0;
	batch->status = 0;
}

void netlink_parse(const void *attributes, size_t size, const struct nlattr **ret, size_t n)
{
	const char *at = attributes;

	for (size_t i = 0; i < n; i++)
		ret[i] = NULL;
	while (size >= sizeof(struct nlattr)) {
		const struct nlattr *attribute = (const void *)at;
		size_t length = attribute->nla_len;
		size_t type = attribute->nla_type & ATTRIBUTE_TYPE;

		if (length < sizeof(struct nlattr) || length > size)
			return;
		if (type < n)
			ret[type] = attribute;
		length = NLMSG_ALIGN(length) < size ? NLMSG_ALIGN(length) : size;
		at += length;
		size -= length;
	}
}

uint32_t netlink_u32(const struct nlattr *attribute)
{
	uint32_t number = 0;

	if (attribute != NULL && netlink_size(attribute) >= sizeof(number))
		memcpy(&number, netlink_data(attribute), sizeof(number));
	return number;
}

const char *netlink_string(const struct nlattr *attribute)
{
	const char *string = attribute != NULL ? netlink_data(attribute) : NULL;

	if (string == NULL || memchr(string, '\0', netlink_size(attribute)) == NULL)
		return NULL;
	return string;
}
