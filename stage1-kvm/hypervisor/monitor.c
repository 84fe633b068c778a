/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/monitor.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/arena.h"
#include "common/json/json_reader.h"
#include "common/process/deadline.h"

static void copy_text(const struct json_value *value, char *ret, size_t size)
{
	if (value != NULL && value->kind == JSON_VALUE_STRING)
		(void)snprintf(ret, size, "%s", value->string);
}

static int take_number(const struct json_value *version, const char *name, unsigned *ret,
		       struct error *err)
{
	const struct json_value *value = json_value_member(version, name);

	if (value == NULL || value->kind != JSON_VALUE_INTEGER || value->integer < 0 ||
	    value->integer > 9999)
		return error_set(err, EPROTO, "QEMU's monitor: a greeting without a version");
	*ret = (unsigned)value->integer;
	return 0;
}

static int parse_greeting(const struct json_value *greeting, struct monitor_line *ret,
			  struct error *err)
{
	const struct json_value *version = json_value_member(greeting, "version");
	int r;

	version = version == NULL ? NULL : json_value_member(version, "qemu");
	if (version == NULL)
		return error_set(err, EPROTO, "QEMU's monitor: a greeting without a version");
	ret->kind = MONITOR_GREETING;
	r = take_number(version, "major", &ret->major, err);
	if (r == 0)
		r = take_number(version, "minor", &ret->minor, err);
	return r < 0 ? r : take_number(version, "micro", &ret->micro, err);
}

static int parse_value(const struct json_value *value, struct monitor_line *ret, struct error *err)
{
	const struct json_value *greeting = json_value_member(value, "QMP");
	const struct json_value *failure = json_value_member(value, "error");
	const struct json_value *event = json_value_member(value, "event");
	const struct json_value *data = json_value_member(value, "data");

	if (greeting != NULL)
		return parse_greeting(greeting, ret, err);
	if (failure != NULL) {
		ret->kind = MONITOR_REFUSED;
		copy_text(json_value_member(failure, "desc"), ret->text, sizeof(ret->text));
	} else if (event != NULL && event->kind == JSON_VALUE_STRING) {
		ret->kind = MONITOR_EVENT;
		copy_text(event, ret->text, sizeof(ret->text));
		if (data != NULL)
			copy_text(json_value_member(data, "status"), ret->status,
				  sizeof(ret->status));
	} else if (json_value_member(value, "return") != NULL) {
		ret->kind = MONITOR_RETURN;
	} else {
		return error_set(err, EPROTO, "QEMU's monitor: neither an answer nor an event");
	}
	return 0;
}

int monitor_parse(const char *line, size_t length, struct monitor_line *ret, struct error *err)
{
	auto_arena struct arena arena = { .cap_bytes = (size_t)1 << 20 };
	const struct json_source source = { .text = line,
					    .length = length,
					    .max_bytes = MONITOR_LINE_MAX,
					    .place = "QEMU's monitor" };
	struct monitor_line parsed = { 0 };
	struct json_value value;
	int r = json_read(&arena, &source, &value, err);

	if (r == 0)
		r = parse_value(&value, &parsed, err);
	if (r < 0)
		return r;
	*ret = parsed;
	return 0;
}

static int receive_more(struct monitor *monitor, struct error *err)
{
	struct pollfd waiting = { .fd = monitor->fd, .events = POLLIN };
	ssize_t n;
	int r;

	if (monitor->n == sizeof(monitor->line))
		return error_set(err, EPROTO, "QEMU's monitor: a line of more than %zu bytes",
				 sizeof(monitor->line));
	do
		r = poll(&waiting, 1, deadline_left_ms(monitor->deadline_ms));
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return error_set(err, ETIMEDOUT, "QEMU's monitor: no answer in time");
	n = recv(monitor->fd, monitor->line + monitor->n, sizeof(monitor->line) - monitor->n,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return error_set(err, EPIPE, "QEMU's monitor: QEMU ended");
	monitor->n += (size_t)n;
	return 0;
}

static int next_line(struct monitor *monitor, struct monitor_line *ret, struct error *err)
{
	char *end;
	size_t length;
	int r = 0;

	while ((end = memchr(monitor->line, '\n', monitor->n)) == NULL) {
		r = receive_more(monitor, err);
		if (r < 0)
			return r;
	}
	length = (size_t)(end - monitor->line);
	r = monitor_parse(monitor->line, length, ret, err);
	monitor->n -= length + 1;
	memmove(monitor->line, end + 1, monitor->n);
	return r;
}

static int too_much(struct error *err)
{
	return error_set(err, EPROTO, "QEMU's monitor: %d lines, none of them the one awaited",
			 MONITOR_LINES_MAX);
}

static int await_return(struct monitor *monitor, const char *command, struct error *err)
{
	struct monitor_line line;

	for (int i = 0; i < MONITOR_LINES_MAX; i++) {
		int r = next_line(monitor, &line, err);

		if (r < 0)
			return r;
		if (line.kind == MONITOR_RETURN)
			return 0;
		if (line.kind == MONITOR_REFUSED)
			return error_set(err, EREMOTEIO, "QEMU refused %s: %s", command, line.text);
	}
	return too_much(err);
}

static int send_text(const struct monitor *monitor, const char *text, struct error *err)
{
	size_t length = strlen(text);

	if (send(monitor->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		return error_from_errno(err, "QEMU's monitor: sending %s", text);
	return 0;
}

int monitor_execute(struct monitor *monitor, const char *command, struct error *err)
{
	int r = send_text(monitor, command, err);

	return r < 0 ? r : await_return(monitor, command, err);
}

int monitor_give_fd(struct monitor *monitor, int fd, struct error *err)
{
	static char command[] =
	    "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"" MONITOR_FD "\"}}\n";
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec bytes = { .iov_base = command, .iov_len = sizeof(command) - 1 };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS,
					   .cmsg_len = CMSG_LEN(sizeof(int)) };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(monitor->fd, &message, MSG_NOSIGNAL) != (ssize_t)sizeof(command) - 1)
		return error_from_errno(err, "QEMU's monitor: handing over a file");
	return await_return(monitor, command, err);
}

int monitor_await(struct monitor *monitor, const char *event, const char *status, struct error *err)
{
	struct monitor_line line;

	for (int i = 0; i < MONITOR_LINES_MAX; i++) {
		int r = next_line(monitor, &line, err);

		if (r < 0)
			return r;
		if (line.kind != MONITOR_EVENT || strcmp(line.text, event) != 0)
			continue;
		if (status == NULL || strcmp(line.status, status) == 0)
			return 0;
		if (strcmp(line.status, "failed") == 0)
			return error_set(err, EREMOTEIO, "QEMU: %s failed", event);
	}
	return too_much(err);
}

static int await_greeting(struct monitor *monitor, struct error *err)
{
	struct monitor_line line;
	int r = next_line(monitor, &line, err);

	if (r < 0)
		return r;
	if (line.kind != MONITOR_GREETING)
		return error_set(err, EPROTO, "QEMU's monitor: no greeting");
	monitor->major = line.major;
	monitor->minor = line.minor;
	monitor->micro = line.micro;
	if (line.major < MONITOR_MIN_MAJOR ||
	    (line.major == MONITOR_MIN_MAJOR && line.minor < MONITOR_MIN_MINOR))
		return error_set(err, ENOTSUP, "QEMU %u.%u is too old: %d.%d or later is needed",
				 line.major, line.minor, MONITOR_MIN_MAJOR, MONITOR_MIN_MINOR);
	return 0;
}

int monitor_open(struct monitor *monitor, struct error *err)
{
	int r = await_greeting(monitor, err);

	return r < 0 ? r : monitor_execute(monitor, MONITOR_START, err);
}

int monitor_open_with(struct monitor *monitor, const char *commands, unsigned n, struct error *err)
{
	int r = send_text(monitor, commands, err);

	if (r == 0)
		r = await_greeting(monitor, err);
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = await_return(monitor, "what it was told first", err);
	return r;
}
