/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_set.h - what a process waits for: fds, each with a function to call.
 *
 * poll(2) over a small table.  A callback may add, change and remove any entry,
 * its own included.
 *
 * Units:      timeouts in ms, negative: for ever.
 * Ownership:  fds and contexts stay the caller's and must outlive their entry.
 * Limits:     POLL_SET_MAX entries (-ENOSPC).
 * Processes:  allocates; not for use between clone() and exec().
 */
#pragma once

#include <poll.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

#define POLL_SET_MAX  4096

#define auto_poll_set CLEANUP(poll_set_release)

/* events is what poll(2) returned: POLLIN, POLLOUT, POLLHUP, POLLERR.  A negative result ends
 * poll_set_wait(). */
typedef int poll_callback(short events, void *context, struct error *err);

struct poll_entry {
	poll_callback *callback; /* NULL: removed */
	void *context;
};

/* All zero is an empty set. */
struct poll_set {
	struct pollfd *fds;
	struct poll_entry *entries;
	size_t n;
	size_t capacity;
};

/* Waits for events (POLLIN, POLLOUT; 0: hang-up and errors only) on fd, which must not be in the
 * set. */
int poll_set_watch(struct poll_set *set, int fd, short events, const struct poll_entry *entry,
		   struct error *err) MUST_CHECK;

/* The same, with the two members of the entry as arguments. */
#define poll_set_add(set, fd, events, on_event, its_context, err)                                  \
	poll_set_watch(                                                                            \
	    (set), (fd), (events),                                                                 \
	    &(const struct poll_entry){ .callback = (on_event), .context = (its_context) }, (err))

/*
 * Changes what to wait for on fd.  POLL_NOTHING takes the fd out of poll(2)
 * without forgetting its callback, so that a hang-up does not wake the caller either.
 */
#define POLL_NOTHING (-1)
void poll_set_change(struct poll_set *set, int fd, short events);

/* Forgets fd; nothing happens when it isn't in the set. */
void poll_set_remove(struct poll_set *set, int fd);

/*
 * Waits once and calls back what is ready.  1: something was, 0: timeout, or
 * the negative result of a callback or of poll(2).
 */
int poll_set_wait(struct poll_set *set, int timeout_ms, struct error *err) MUST_CHECK;

/*
 * Waits for ever; when nothing happens for a while, with as little memory as
 * possible (rest.h).  For who sleeps most of the time.
 */
int poll_set_wait_small(struct poll_set *set, struct error *err) MUST_CHECK;

void poll_set_release(struct poll_set *set);
