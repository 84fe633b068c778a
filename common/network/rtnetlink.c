/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network/rtnetlink.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"

#define ANSWER_BYTES (32 << 10) /* of one datagram of a dump: the kernel's own limit */

int rtnetlink_open(int *ret_fd, struct error *err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return error_from_errno(err, "opening a netlink socket");
	*ret_fd = fd;
	return 0;
}

static void append(struct rtnetlink_message *message, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(message->header.nlmsg_len);

	if (message->overflow || size > sizeof(message->bytes) - at) {
		message->overflow = true;
		return;
	}
	if (size > 0)
		memcpy(message->bytes + at, data, size);
	message->header.nlmsg_len = (uint32_t)(at + size);
}

void rtnetlink_begin(struct rtnetlink_message *message, unsigned short type, unsigned short flags,
		     const void *header, size_t size)
{
	*message = (struct rtnetlink_message){ .header = { .nlmsg_len = NLMSG_HDRLEN,
							   .nlmsg_type = type,
							   .nlmsg_flags = NLM_F_REQUEST | flags } };
	append(message, header, size);
}

void rtnetlink_put(struct rtnetlink_message *message, unsigned short type, const void *data,
		   size_t size)
{
	struct rtattr attribute = { .rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(size) };

	append(message, &attribute, sizeof(attribute));
	append(message, data, size);
}

size_t rtnetlink_begin_nested(struct rtnetlink_message *message, unsigned short type)
{
	size_t begun = NLMSG_ALIGN(message->header.nlmsg_len);

	rtnetlink_put(message, type, NULL, 0);
	return begun;
}

void rtnetlink_end_nested(struct rtnetlink_message *message, size_t begun)
{
	struct rtattr *attribute = (struct rtattr *)(void *)(message->bytes + begun);

	if (!message->overflow)
		attribute->rta_len = (unsigned short)(message->header.nlmsg_len - begun);
}

static int send_message(int fd, struct rtnetlink_message *message, struct error *err)
{
	if (message->overflow)
		return error_set(err, EMSGSIZE, "asking the kernel: the request is too long");
	if (send(fd, message->bytes, message->header.nlmsg_len, 0) < 0)
		return error_from_errno(err, "asking the kernel");
	return 0;
}

static ssize_t receive(int fd, char *buffer, size_t size, struct error *err)
{
	ssize_t n;

	do
		n = recv(fd, buffer, size, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "hearing from the kernel");
	if ((size_t)n > size)
		return error_set(err, EMSGSIZE, "hearing from the kernel: %zd bytes at once", n);
	return n;
}

/* What an answer says: 0 or -errno. */
static int outcome(const struct nlmsghdr *answer)
{
	const struct nlmsgerr *said = NLMSG_DATA(answer);

	return answer->nlmsg_len < NLMSG_LENGTH(sizeof(*said)) ? -EPROTO : said->error;
}

int rtnetlink_ask(int fd, struct rtnetlink_message *message, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[4096];
	const struct nlmsghdr *answer = (const struct nlmsghdr *)(void *)buffer;
	ssize_t n;
	int r;

	message->header.nlmsg_flags |= NLM_F_ACK;
	r = send_message(fd, message, err);
	if (r < 0)
		return r;
	n = receive(fd, buffer, sizeof(buffer), err);
	if (n < 0)
		return (int)n;
	if (!NLMSG_OK(answer, (size_t)n) || answer->nlmsg_type != NLMSG_ERROR)
		return error_set(err, EPROTO, "hearing from the kernel: no answer");
	r = outcome(answer);
	return r < 0 ? error_set(err, -r, "%s", strerror(-r)) : 0;
}

/* One datagram of a dump.  1: there will be more; 0: that was all. */
static int take_objects(const char *buffer, size_t size,
			int (*on_object)(void *context, const struct nlmsghdr *object),
			void *context)
{
	const struct nlmsghdr *object = (const struct nlmsghdr *)(const void *)buffer;

	for (; NLMSG_OK(object, size); object = NLMSG_NEXT(object, size)) {
		int r;

		if (object->nlmsg_type == NLMSG_DONE)
			return 0;
		if (object->nlmsg_type == NLMSG_ERROR)
			return outcome(object);
		r = on_object(context, object);
		if (r < 0)
			return r;
	}
	return 1;
}

int rtnetlink_dump(int fd, struct rtnetlink_message *message,
		   int (*on_object)(void *context, const struct nlmsghdr *object), void *context,
		   struct error *err)
{
	auto_free char *buffer = malloc(ANSWER_BYTES);
	int r = buffer == NULL ? error_set(err, ENOMEM, "asking the kernel: out of memory") : 0;

	message->header.nlmsg_flags |= NLM_F_DUMP;
	if (r == 0)
		r = send_message(fd, message, err);
	while (r >= 0) {
		ssize_t n = receive(fd, buffer, ANSWER_BYTES, err);

		if (n < 0)
			return (int)n;
		r = take_objects(buffer, (size_t)n, on_object, context);
		if (r == 0)
			return 0;
		if (r < 0)
			return error_set(err, -r, "hearing from the kernel: %s", strerror(-r));
	}
	return r;
}

static const void *find(const void *first, size_t left, unsigned short type, size_t size)
{
	const struct rtattr *attribute = first;

	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if ((attribute->rta_type & ~NLA_F_NESTED) == type && RTA_PAYLOAD(attribute) >= size)
			return RTA_DATA(attribute);
	return NULL;
}

const void *rtnetlink_attribute(const struct nlmsghdr *object, size_t header_size,
				unsigned short type, size_t size)
{
	size_t offset = NLMSG_SPACE(header_size);

	if (object->nlmsg_len < offset)
		return NULL;
	return find((const char *)object + offset, object->nlmsg_len - offset, type, size);
}

const void *rtnetlink_inner_attribute(const void *outer, unsigned short type, size_t size)
{
	const struct rtattr *header =
	    (const struct rtattr *)(const void *)((const char *)outer - RTA_LENGTH(0));

	return find(outer, RTA_PAYLOAD(header), type, size);
}
