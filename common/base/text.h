/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - a string that grows, up to a cap fixed at its birth.
 *
 * Errors stick: after one failed append every later one fails too, so a caller
 * may append a whole document and check once, with text_status().
 *
 * Invariant:  data is NULL or NUL-terminated; length excludes the NUL.
 * Ownership:  the struct owns data; text_take() hands it on (free() it).
 */
#pragma once

#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

struct text {
	char *data;
	size_t length;
	size_t capacity;
	size_t cap; /* most bytes of content; 0: TEXT_DEFAULT_CAP */
	int status; /* 0, or -errno of the first append that failed */
};

#define TEXT_DEFAULT_CAP ((size_t)64 << 20)

#define auto_text        CLEANUP(text_release)

/* Each returns 0, -ENOMEM or -EFBIG (the cap). */
int text_append(struct text *text, const char *string);
int text_append_bytes(struct text *text, const char *bytes, size_t length);
int text_append_char(struct text *text, char c);
int text_printf(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What the appends so far came to: 0, or -errno of the first that failed. */
int text_status(const struct text *text) MUST_CHECK;

/* The content; "" when nothing was appended. */
const char *text_string(const struct text *text);

/* Empties the text but keeps its memory. */
void text_reset(struct text *text);

/* Hands the content on (free() it; NULL when memory is short); the text is empty afterwards. */
char *text_take(struct text *text) MUST_CHECK;

void text_release(struct text *text);
