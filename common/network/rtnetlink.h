/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnetlink.h - requests to the kernel's routing netlink (rtnetlink(7)), and what it dumps.
 *
 * As little as a pod's network in a virtual machine needs; static, so without libmnl.
 *
 *	rtnetlink_begin(&message, RTM_NEWADDR, flags, &header, sizeof(header));
 *	rtnetlink_put(&message, IFA_LOCAL, address, 4);
 *	r = rtnetlink_ask(fd, &message, err);
 *
 * Limits:     a message has at most RTNETLINK_MAX bytes; what does not fit makes
 *             rtnetlink_ask() fail (-EMSGSIZE).
 * Errors:     -errno of the kernel's answer, err filled.
 * Processes:  acts on the network namespace that the socket was opened in.
 */
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

#define RTNETLINK_MAX 512

struct rtnetlink_message {
	union {
		struct nlmsghdr header;
		char bytes[RTNETLINK_MAX];
	};
	bool overflow;
};

int rtnetlink_open(int *ret_fd, struct error *err) MUST_CHECK;

/* header: the struct that follows the one of netlink: ifinfomsg, ifaddrmsg, rtmsg, tcmsg. */
void rtnetlink_begin(struct rtnetlink_message *message, unsigned short type, unsigned short flags,
		     const void *header, size_t size);
void rtnetlink_put(struct rtnetlink_message *message, unsigned short type, const void *data,
		   size_t size);

/* Attributes in an attribute: end gets what begin returned. */
size_t rtnetlink_begin_nested(struct rtnetlink_message *message, unsigned short type);
void rtnetlink_end_nested(struct rtnetlink_message *message, size_t begun);

/* Sends it and waits for the kernel's word. */
int rtnetlink_ask(int fd, struct rtnetlink_message *message, struct error *err) MUST_CHECK;

/*
 * Asks for all objects (the message is a RTM_GET…) and gives each to on_object, whose
 * negative result ends it.
 */
int rtnetlink_dump(int fd, struct rtnetlink_message *message,
		   int (*on_object)(void *context, const struct nlmsghdr *object), void *context,
		   struct error *err) MUST_CHECK;

/* The payload of an attribute of at least size bytes behind a header of header_size; NULL: none. */
const void *rtnetlink_attribute(const struct nlmsghdr *object, size_t header_size,
				unsigned short type, size_t size);

/* The same in an attribute that consists of others; outer is its payload, as told by these two. */
const void *rtnetlink_inner_attribute(const void *outer, unsigned short type, size_t size);
