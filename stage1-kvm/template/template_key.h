/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_key.h - all that went into a saved guest, as one name.
 *
 * A template is right for a start whose key is the same, and for no other: contents of
 * kernel and root, identity of the hypervisor's executable, its arguments, the machine's size.
 * XXH3, 128 bits: what is compared is ours and root's alone, not an adversary's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define TEMPLATE_KEY_SIZE 33 /* 32 hexadecimal digits and the NUL */

struct template_key;

/* NULL: out of memory. */
struct template_key *template_key_new(void) MUST_CHECK;
void template_key_free(struct template_key *key);

/* Each is told apart from its neighbours by its length. */
void template_key_add(struct template_key *key, const void *data, size_t length);
void template_key_add_text(struct template_key *key, const char *text);

/* The whole content of a regular file. */
int template_key_add_content(struct template_key *key, int fd, struct error *err) MUST_CHECK;

/* Which file this is: device, inode, size, times of content and inode. */
int template_key_add_identity(struct template_key *key, const char *path,
			      struct error *err) MUST_CHECK;

void template_key_digest(const struct template_key *key, char ret[TEMPLATE_KEY_SIZE]);

/* All but holes of a file: blocks of zeros count for nothing, wherever they come from.  The
 * fd's position is the file's start afterwards. */
int template_key_of_sparse(int fd, char ret[TEMPLATE_KEY_SIZE], struct error *err) MUST_CHECK;
