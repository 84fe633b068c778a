/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.h - the control socket of a QEMU: QMP, one JSON object a line.
 *
 * Trust:      what QEMU says is data: lines of at most MONITOR_LINE_MAX bytes, at most
 *             MONITOR_LINES_MAX until what was waited for, of which only a few members are looked
 * at. Ownership:  borrows fd. Errors:     -EPIPE: QEMU has gone; -ETIMEDOUT; -EPROTO: no QMP;
 * -EREMOTEIO: QEMU refused. Source:     QEMU, docs/interop/qmp-spec.txt.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define MONITOR_LINE_MAX  ((size_t)16 << 10)
#define MONITOR_LINES_MAX 256

/* The oldest release whose machine, and whose saved state, are what we know. */
#define MONITOR_MIN_MAJOR 7
#define MONITOR_MIN_MINOR 2

struct monitor {
	int fd;
	int64_t deadline_ms; /* for all that follows */
	unsigned major, minor, micro;
	size_t n;
	char line[MONITOR_LINE_MAX];
};

/* Reads the greeting and starts talking.  -ENOTSUP: too old; err names version and limit. */
int monitor_open(struct monitor *monitor, struct error *err) MUST_CHECK;

/* The same with n commands at once, sent before there is a greeting: MONITOR_START, and more.
 * Waits for the "return" of each. */
#define MONITOR_START "{\"execute\":\"qmp_capabilities\"}\n"
int monitor_open_with(struct monitor *monitor, const char *commands, unsigned n,
		      struct error *err) MUST_CHECK;

/* command: a whole JSON object with "execute".  Waits for its "return". */
int monitor_execute(struct monitor *monitor, const char *command, struct error *err) MUST_CHECK;

/* Hands over a copy of fd, which commands then name "fd:" MONITOR_FD. */
#define MONITOR_FD "state"
int monitor_give_fd(struct monitor *monitor, int fd, struct error *err) MUST_CHECK;

/* Waits for an event; status: its data.status must be that (others of the event are passed
 * over, save for "failed"); NULL: any. */
int monitor_await(struct monitor *monitor, const char *event, const char *status,
		  struct error *err) MUST_CHECK;

/* What a line says.  For tests: a pure function. */
enum monitor_kind { MONITOR_GREETING, MONITOR_RETURN, MONITOR_REFUSED, MONITOR_EVENT };

struct monitor_line {
	enum monitor_kind kind;
	unsigned major, minor, micro; /* of a greeting */
	char text[128];               /* event's name, or why it was refused */
	char status[32];              /* of an event's data; "" */
};

int monitor_parse(const char *line, size_t length, struct monitor_line *ret,
		  struct error *err) MUST_CHECK;
