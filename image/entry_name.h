/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry_name.h - the names in an archive: checked once, then plain and relative.
 *
 * Plain: components joined by one slash, none of them "", "." or "..", no slash
 *        at either end; "" is the root of the archive itself ("./").
 * Purity: no system calls; only entry_name_clean() writes, into the caller's buffer.
 */
#pragma once

#include <stddef.h>

#include "common/base/error.h"

#define ENTRY_NAME_MAX_BYTES 4096U
#define ENTRY_NAME_MAX_DEPTH 256U
#define ENTRY_NAME_SIZE      (ENTRY_NAME_MAX_BYTES + 1)

/*
 * Makes a name plain.  -EINVAL: empty, absolute, ".." in it, a component of more
 * than 255 bytes, too long or too deep; err says which, without the name.
 */
int entry_name_clean(const char *name, char *buffer, size_t size, struct error *err) MUST_CHECK;

struct entry_name_shown {
	char text[208];
};

/* A name for a message: control bytes as \xNN, cut to fit with "...".  Returns buffer's text. */
const char *entry_name_show(const char *name, struct entry_name_shown *buffer);

/* Where the last component begins. */
const char *entry_name_last(const char *plain);
