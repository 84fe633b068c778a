/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_inbox_parts.h - an entry of the inbox as a file; for store_inbox*.c only.
 */
#pragma once

#include "stage0/store/store_inbox.h"

#define STORE_INBOX_MODE       03770
#define STORE_INBOX_ORIGIN_MAX ((uint64_t)4096)
#define STORE_INBOX_FOOTER                                                                         \
	"rkt-inbox 1 %llu %llu %llu %llu" /* image, signature, manifest, origin */
#define STORE_INBOX_FOOTER_SIZE 128       /* filled up with blanks */

/* -ENOENT: no inbox. */
int store_inbox_open(const struct store *store, int *ret, struct error *err) MUST_CHECK;

/* "ID.RANDOM" */
bool store_inbox_name_is_valid(const char *name);

/*
 * Opens an entry, which may be anything, and reads its footer into *ret; err says what is wrong.
 * *ret_fd is a regular file then, as long as the footer said, and read-only.
 */
int store_inbox_open_entry(int inbox, const char *name, struct store_inbox_entry *ret, int *ret_fd,
			   struct error *err) MUST_CHECK;
