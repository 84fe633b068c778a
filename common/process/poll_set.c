/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/poll_set.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/process/rest.h"

#define FIRST_CAPACITY 16

/* An fd out of poll(2)'s sight keeps its number, negated so that fd 0 has one too. */
static int hidden(int fd)
{
	return -fd - 1;
}

static bool is_entry_of(const struct poll_set *set, size_t i, int fd)
{
	return set->entries[i].callback != NULL &&
	       (set->fds[i].fd == fd || set->fds[i].fd == hidden(fd));
}

static size_t find(const struct poll_set *set, int fd)
{
	size_t i = 0;

	while (i < set->n && !is_entry_of(set, i, fd))
		i++;
	return i;
}

static int grow(struct poll_set *set)
{
	size_t capacity = set->capacity == 0 ? FIRST_CAPACITY : 2 * set->capacity;
	struct poll_entry *entries;
	struct pollfd *fds;

	if (set->n < set->capacity)
		return 0;
	if (capacity > POLL_SET_MAX)
		return -ENOSPC;
	fds = reallocarray(set->fds, capacity, sizeof(*fds));
	if (fds == NULL)
		return -ENOMEM;
	set->fds = fds;
	entries = reallocarray(set->entries, capacity, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	set->entries = entries;
	set->capacity = capacity;
	return 0;
}

int poll_set_watch(struct poll_set *set, int fd, short events, const struct poll_entry *entry,
		   struct error *err)
{
	int r;

	if (fd < 0 || find(set, fd) < set->n)
		return error_set(err, EEXIST, "watching descriptor %d", fd);
	r = grow(set);
	if (r < 0)
		return error_set(err, -r, "watching descriptor %d: %s", fd, strerror(-r));
	set->fds[set->n] = (struct pollfd){ .fd = fd };
	set->entries[set->n] = *entry;
	set->n++;
	poll_set_change(set, fd, events);
	return 0;
}

void poll_set_change(struct poll_set *set, int fd, short events)
{
	size_t i = find(set, fd);

	if (i == set->n)
		return;
	set->fds[i].fd = events == POLL_NOTHING ? hidden(fd) : fd;
	set->fds[i].events = 0;
	if (events != POLL_NOTHING)
		set->fds[i].events = events;
}

void poll_set_remove(struct poll_set *set, int fd)
{
	size_t i = find(set, fd);

	if (i == set->n)
		return;
	/* Only marked: poll_set_wait() may be walking over the table. */
	set->entries[i].callback = NULL;
	set->fds[i] = (struct pollfd){ .fd = FD_NONE };
}

static void forget_removed(struct poll_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->entries[i].callback == NULL)
			continue;
		set->fds[kept] = set->fds[i];
		set->entries[kept] = set->entries[i];
		kept++;
	}
	set->n = kept;
}

int poll_set_wait(struct poll_set *set, int timeout_ms, struct error *err)
{
	size_t n;
	int ready, r;

	forget_removed(set);
	n = set->n; /* what a callback adds has no events yet */
	ready = poll(set->fds, n, timeout_ms);
	if (ready < 0 && errno == EINTR)
		return 0;
	if (ready < 0)
		return error_from_errno(err, "waiting for events");
	for (size_t i = 0; i < n; i++) {
		struct poll_entry entry = set->entries[i];
		short events = set->fds[i].revents;

		if (entry.callback == NULL || set->fds[i].fd < 0 || events == 0)
			continue;
		r = entry.callback(events, entry.context, err);
		if (r < 0)
			return r;
	}
	return ready > 0;
}

int poll_set_wait_small(struct poll_set *set, struct error *err)
{
	int r = poll_set_wait(set, REST_AFTER_MS, err);

	if (r != 0)
		return r;
	rest_until(set->fds, set->n);
	return poll_set_wait(set, 0, err);
}

void poll_set_release(struct poll_set *set)
{
	free(set->fds);
	free(set->entries);
	*set = (struct poll_set){ 0 };
}
