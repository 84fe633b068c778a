/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress_bar.h - one line on a terminal that says how far a long task is.
 *
 * Drawn ten times a second at most, and not at all for what takes less than
 * half a second.
 *
 * Units:      bytes.
 * Processes:  only write(2) and clock_gettime(2): works behind a system call filter.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress_bar {
	int fd;            /* FD_NONE: draw nothing */
	const char *title; /* "app.aci" */
	uint64_t total_bytes;
	int64_t began_ms, drawn_ms; /* 0: not yet */
};

/* fd is drawn on when it is a terminal. */
void progress_bar_begin(struct progress_bar *bar, int fd, const char *title, uint64_t total_bytes);
void progress_bar_draw(struct progress_bar *bar, uint64_t done_bytes);

/* Takes the line away. */
void progress_bar_end(struct progress_bar *bar);
