/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink_batch.h - messages for the kernel, put together to be sent at once.
 *
 *	netlink_begin(&batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
 *	netlink_put_header(&batch, &ifaddrmsg, sizeof(ifaddrmsg));
 *	netlink_put(&batch, IFA_LOCAL, address, 4);
 *	netlink_end(&batch, "adding the address %s", text);
 *
 * Why not libmnl: these programs are static, so that they run wherever they are put, and
 * Debian has no static libmnl.
 *
 * Errors:     stick; netlink_call() returns the first: -ENOMEM, -EMSGSIZE (an attribute or a
 *             nest above 65535 bytes, more than NETLINK_BATCH_STEPS messages).
 * Ownership:  the struct owns what was appended; netlink_batch_release() frees it.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/text.h"

#define NETLINK_BATCH_STEPS 64 /* messages that say what they do, see netlink_end() */
#define NETLINK_STEP_TEXT   96 /* bytes of that */

struct netlink_batch {
	struct text bytes;
	size_t message;     /* offset of the message that is being written */
	size_t n_messages;  /* complete ones */
	size_t last_offset; /* of the last complete one */
	int status;
	char steps[NETLINK_BATCH_STEPS][NETLINK_STEP_TEXT];
	bool may_exist[NETLINK_BATCH_STEPS];
};

#define auto_batch CLEANUP(netlink_batch_release)

/* NLM_F_REQUEST is added. */
void netlink_begin(struct netlink_batch *batch, uint16_t type, uint16_t flags);
void netlink_put_header(struct netlink_batch *batch, const void *header, size_t size);
void netlink_put(struct netlink_batch *batch, uint16_t type, const void *data, size_t size);
void netlink_put_u8(struct netlink_batch *batch, uint16_t type, uint8_t number);
void netlink_put_u32(struct netlink_batch *batch, uint16_t type, uint32_t number);
void netlink_put_string(struct netlink_batch *batch, uint16_t type, const char *string);

/* In network order, as nftables wants its numbers. */
void netlink_put_be32(struct netlink_batch *batch, uint16_t type, uint32_t number);

/* An attribute of attributes: what is put until netlink_unnest() is inside; returns its mark. */
size_t netlink_nest(struct netlink_batch *batch, uint16_t type) MUST_CHECK;
void netlink_unnest(struct netlink_batch *batch, size_t mark);

/* Completes the message; the text is what an error of it will be called.  Steps beyond
 * NETLINK_BATCH_STEPS go by the text of the last one. */
void netlink_end(struct netlink_batch *batch, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* It is no error when what the last message makes is there already. */
void netlink_may_exist(struct netlink_batch *batch);

/* Empties the batch but keeps its memory. */
void netlink_batch_reset(struct netlink_batch *batch);
void netlink_batch_release(struct netlink_batch *batch);

/* Finds attributes by type: ret[t] is the last of type t < n, NULL when there is none. */
void netlink_parse(const void *attributes, size_t size, const struct nlattr **ret, size_t n);

/* What an attribute holds; 0 or NULL when attribute is NULL or too short. */
static inline const void *netlink_data(const struct nlattr *attribute)
{
	return (const char *)attribute + sizeof(*attribute);
}

static inline size_t netlink_size(const struct nlattr *attribute)
{
	return attribute->nla_len - sizeof(*attribute);
}

uint32_t netlink_u32(const struct nlattr *attribute);
const char *netlink_string(const struct nlattr *attribute);
