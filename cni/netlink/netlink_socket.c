/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/netlink/netlink_socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_SIZE 32768      /* what the kernel puts into one datagram of a dump */
#define SEND_SIZE    (32 << 20) /* a transaction of nftables is one datagram */

struct conversation {
	struct netlink_socket *socket;
	const struct netlink_batch *batch;
	uint32_t first; /* sequence numbers of the batch */
	uint32_t last;
	netlink_answer *answer;
	void *context;
	struct error *err;
	bool done;
};

int netlink_open(int protocol, struct netlink_socket *ret, struct error *err)
{
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int on = 1, size = SEND_SIZE;

	if (fd < 0)
		return error_from_errno(err, "opening a netlink socket");
	/* Words with an error, and not the whole request again. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Lists of what was asked for only: not of the links of all pods, for one of them. */
	if (protocol == NETLINK_ROUTE)
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (protocol == NETLINK_NETFILTER)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	ret->fd = take_fd(&fd);
	ret->sequence = 0;
	return 0;
}

void netlink_close(struct netlink_socket *held)
{
	cleanup_close(&held->fd);
}

/*
 * Numbers the messages, and asks for a receipt of the last: errors come without being asked
 * for.  Returns the last one's number; what ends a batch of nftables is behind it.
 */
static uint32_t number_messages(struct netlink_socket *socket, struct netlink_batch *batch)
{
	char *at = batch->bytes.data;
	char *end = at + batch->bytes.length;
	char *last_message = at + batch->last_offset;
	uint32_t last = 0;

	while (at < end) {
		struct nlmsghdr *header = (void *)at;

		header->nlmsg_seq = ++socket->sequence;
		if (at == last_message)
			last = header->nlmsg_seq;
		if (at == last_message && (header->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
			header->nlmsg_flags |= NLM_F_ACK;
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
	return last;
}

static const char *kernel_words(const struct nlmsghdr *message)
{
	const struct nlmsgerr *receipt = NLMSG_DATA(message);
	const struct nlattr *attributes[NLMSGERR_ATTR_MSG + 1];
	size_t offset = sizeof(*receipt);

	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return NULL;
	if ((message->nlmsg_flags & NLM_F_CAPPED) == 0 && receipt->msg.nlmsg_len > NLMSG_HDRLEN)
		offset += NLMSG_ALIGN(receipt->msg.nlmsg_len - NLMSG_HDRLEN);
	if (NLMSG_PAYLOAD(message, 0) < offset)
		return NULL;
	netlink_parse((const char *)receipt + offset, NLMSG_PAYLOAD(message, 0) - offset,
		      attributes, NLMSGERR_ATTR_MSG + 1);
	return netlink_string(attributes[NLMSGERR_ATTR_MSG]);
}

static int tell_refusal(const struct conversation *talk, const struct nlmsghdr *message, int code)
{
	size_t step = message->nlmsg_seq - talk->first;
	const char *words = kernel_words(message);

	if (step >= NETLINK_BATCH_STEPS)
		step = NETLINK_BATCH_STEPS - 1;
	return error_set(talk->err, code, "%s: %s%s%s%s", talk->batch->steps[step], strerror(code),
			 words != NULL ? " (" : "", words != NULL ? words : "",
			 words != NULL ? ")" : "");
}

static bool is_tolerated(const struct conversation *talk, const struct nlmsghdr *message, int code)
{
	size_t step = message->nlmsg_seq - talk->first;

	return code == EEXIST && step < NETLINK_BATCH_STEPS && talk->batch->may_exist[step];
}

static int take_message(struct conversation *talk, const struct nlmsghdr *message)
{
	const struct nlmsgerr *receipt = NLMSG_DATA(message);

	/* Of a conversation that ended with an error before all had been read. */
	if (message->nlmsg_seq < talk->first)
		return 0;
	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_DONE:
		talk->done = true;
		return 0;
	case NLMSG_ERROR:
		if (NLMSG_PAYLOAD(message, 0) < sizeof(*receipt))
			return error_set(talk->err, EBADMSG, "reading a receipt of the kernel");
		if (receipt->error != 0 && !is_tolerated(talk, message, -receipt->error))
			return tell_refusal(talk, message, -receipt->error);
		talk->done = message->nlmsg_seq == talk->last;
		return 0;
	default:
		return talk->answer != NULL ? talk->answer(message, talk->context) : 0;
	}
}

static int take_datagram(struct conversation *talk, char *buffer)
{
	ssize_t n;
	size_t left;

	do
		n = recv(talk->socket->fd, buffer, RECEIVE_SIZE, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(talk->err, "%s: hearing from the kernel",
					talk->batch->steps[0]);
	left = (size_t)n;
	for (const struct nlmsghdr *message = (void *)buffer; NLMSG_OK(message, left);
	     message = NLMSG_NEXT(message, left)) {
		int r = take_message(talk, message);

		if (r < 0)
			return r;
	}
	return 0;
}

int netlink_call(struct netlink_socket *socket, struct netlink_batch *batch, netlink_answer *answer,
		 void *context, struct error *err)
{
	struct conversation talk = {
		.socket = socket, .batch = batch, .answer = answer, .context = context, .err = err
	};
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];
	int r = 0;

	if (batch->status < 0)
		return error_set(err, -batch->status, "writing messages for the kernel: %s",
				 strerror(-batch->status));
	if (batch->n_messages == 0)
		return 0;
	talk.first = socket->sequence + 1;
	talk.last = number_messages(socket, batch);
	if (send(socket->fd, batch->bytes.data, batch->bytes.length, 0) < 0)
		return error_from_errno(err, "%s: telling the kernel", batch->steps[0]);
	while (!talk.done && r == 0)
		r = take_datagram(&talk, buffer);
	netlink_batch_reset(batch);
	return r;
}

int netlink_do(struct netlink_socket *socket, struct netlink_batch *batch, struct error *err)
{
	return netlink_call(socket, batch, NULL, NULL, err);
}
