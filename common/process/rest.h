/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest.h - sleeping small: without the memory that only a start needed.
 *
 * A supervisor sleeps for days after milliseconds of work, with all its code and
 * tables mapped.  The pages of its executable that cannot have been written are
 * let go of here, and the sleep begins in the same few instructions, as each
 * further function would map its surroundings again (64 KiB at a time).  What is
 * needed afterwards comes back from the page cache by itself.
 */
#pragma once

#include <poll.h>
#include <stddef.h>

/* How long a process should have had nothing to do before it rests, in ms. */
#define REST_AFTER_MS 1000

/* Returns when poll(2) would, or at a signal; looks into nothing. */
void rest_until(struct pollfd *fds, size_t n);
