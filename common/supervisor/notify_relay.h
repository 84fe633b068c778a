/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_relay.h - sd_notify(3) from apps that speak it to the host's service manager.
 *
 * An app with the annotation appc.io/executor/supports-systemd-notify gets a
 * socket of its own at /run/systemd/notify.  The leader listens, since the host
 * believes the main process of the unit only, and passes on what an app may say:
 * STATUS, WATCHDOG, RELOADING, STOPPING, ERRNO, EXTEND_TIMEOUT_USEC.  READY=1
 * reaches the host once all apps were started and all that speak it said so.
 *
 * Limits:     datagrams of at most NOTIFY_RELAY_MAX bytes; others are dropped.
 * Ownership:  the relay owns its fds; the socket files go with the pod directory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "common/process/poll_set.h"

#define NOTIFY_RELAY_MAX    4096
#define NOTIFY_RELAY_TARGET "/run/systemd/notify" /* in the app's root */

struct notify_relay;

struct notify_relay_app {
	struct notify_relay *relay;
	int socket; /* FD_NONE: the app does not speak it */
	bool ready;
};

struct notify_relay {
	const char *host_socket; /* NOTIFY_SOCKET; NULL: nobody listens, nothing is done */
	struct notify_relay_app *apps;
	size_t n;
	bool all_started; /* READY was only held back by apps */
	bool told;
};

/* Makes the sockets of a pod's apps in the working directory, which is the pod's. */
int notify_relay_open(struct notify_relay *relay, const struct plan *plan,
		      struct error *err) MUST_CHECK;
void notify_relay_release(struct notify_relay *relay);

/* The socket file of an app (O_PATH), to be shown in its root; FD_NONE when it has none. */
int notify_relay_open_file(const struct notify_relay *relay, const struct plan *plan, size_t app,
			   int *ret_fd, struct error *err) MUST_CHECK;

/* Listens from now on; the poll set must not outlive the relay. */
int notify_relay_listen(struct notify_relay *relay, struct poll_set *poll_set,
			struct error *err) MUST_CHECK;

/*
 * The same for a datagram that another relay, in a guest, has let through: what apps may
 * say goes to the host's socket, READY as ours.  0, also when nobody listens.
 */
int notify_relay_pass_on(const char *host_socket, const char *datagram, size_t length);

/* All apps were started: tells the host, at once or when those that speak it are ready. */
int notify_relay_started(struct notify_relay *relay, struct error *err) MUST_CHECK;
