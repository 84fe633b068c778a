/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - what a guest's kernel says: its last words are kept, for errors.
 *
 * Memory:     CONSOLE_KEPT bytes, however much the guest says.
 * Ownership:  owns fd.
 */
#pragma once

#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/process/poll_set.h"

#define CONSOLE_KEPT ((size_t)1024)

struct console {
	int fd;
	char last[CONSOLE_KEPT];
	size_t n;
	struct poll_set *poll_set;
};

#define CONSOLE_NONE                                                                               \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

int console_watch(struct console *console, struct poll_set *poll_set, struct error *err) MUST_CHECK;

/* Appends the last words to an error, if there are any. */
void console_add_to_error(struct console *console, struct error *err);
void console_release(struct console *console);
