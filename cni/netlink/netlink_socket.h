/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink_socket.h - a conversation with the kernel of one network namespace.
 *
 * A socket belongs for good to the namespace it was opened in, so a program that has
 * one of each talks to both without changing back and forth.
 *
 * Errors:     -errno of the first message that the kernel refused, err naming its step and
 *             what the kernel had to say about it.
 */
#pragma once

#include "cni/netlink/netlink_batch.h"

struct netlink_socket {
	int fd;
	uint32_t sequence; /* of the last message sent */
};

#define NETLINK_SOCKET_NONE                                                                        \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}
#define auto_netlink CLEANUP(netlink_close)

/* protocol: NETLINK_ROUTE, NETLINK_NETFILTER. */
int netlink_open(int protocol, struct netlink_socket *ret, struct error *err) MUST_CHECK;
void netlink_close(struct netlink_socket *held);

/* Gets each message that answers a question; its size is in it.  Negative: stop with this error. */
typedef int netlink_answer(const struct nlmsghdr *message, void *context);

/*
 * Sends the batch in one system call, and waits until the kernel has done it all; then the
 * batch is empty.  What answers goes to answer (NULL: there is none).  Of a batch with several
 * questions only the last may be a dump.
 */
int netlink_call(struct netlink_socket *socket, struct netlink_batch *batch, netlink_answer *answer,
		 void *context, struct error *err) MUST_CHECK;

/* The same without answers. */
int netlink_do(struct netlink_socket *socket, struct netlink_batch *batch,
	       struct error *err) MUST_CHECK;
