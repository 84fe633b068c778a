/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stall_watch.h - whether a child still reads or writes anything.
 *
 * For programs that would wait for a silent server for ever.  What counts is bytes of read(2),
 * write(2) and their like, of files and sockets, as the kernel accounts them (proc(5),
 * /proc/PID/io: rchar and wchar, all threads together).
 *
 * Units:  ms of CLOCK_MONOTONIC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stall_watch {
	pid_t pid; /* a child that has not been waited for */
	int limit_ms;
	uint64_t moved_bytes;
	int64_t since_ms; /* when they were last seen to change */
};

void stall_watch_begin(struct stall_watch *watch, pid_t pid, int limit_ms);

/* To be asked now and then.  False as well where the kernel does not say. */
bool stall_watch_has_ended(struct stall_watch *watch);
