/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_file.h - entries of an /etc/passwd or /etc/group that somebody else wrote.
 *
 * Private to this room.  A text is cut up in place, line by line; nothing is
 * allocated.
 *
 * Limits:     what is longer than ACCOUNT_MAX_LINE, has too few fields, or a
 *             number that is no id, is no entry and passed over (rule M10).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_MAX_FILE ((size_t)1 << 20)
#define ACCOUNT_MAX_LINE ((size_t)64 << 10)

struct account_user {
	const char *name;
	uint32_t uid, gid;
	const char *home, *shell; /* may be "" */
};

struct account_group {
	const char *name;
	uint32_t gid;
};

/* Takes the next entry off *text; false: there are no more. */
bool account_file_next_user(char **text, struct account_user *ret);
bool account_file_next_group(char **text, struct account_group *ret);
