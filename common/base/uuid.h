/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uuid.h - pod identifiers: RFC 4122, version 4, lower-case text.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

#define UUID_TEXT_SIZE 37 /* 36 characters and the NUL */

struct uuid {
	char text[UUID_TEXT_SIZE];
};

/* A new random one.  -errno of getrandom(2). */
int uuid_generate(struct uuid *ret, struct error *err) MUST_CHECK;

/* True for 36 lower-case characters of the form 8-4-4-4-12; nothing else may become a path. */
bool uuid_is_valid(const char *text);
