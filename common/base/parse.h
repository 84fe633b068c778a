/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.h - numbers from outside: command lines, manifests, /proc, passwd files.
 *
 * One grammar for all of them: decimal digits only, the whole string, no sign,
 * no space, no prefix; a leading zero is allowed, overflow is an error.
 *
 * Errors: -EINVAL (not a number of this grammar), -ERANGE (out of range).
 *         *ret is untouched on failure.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

/* No uid or gid can be this: the kernel keeps it for "no change" (setresuid(2)). */
#define PARSE_ID_MAX 4294967294U

int parse_u64(const char *text, uint64_t max, uint64_t *ret) MUST_CHECK;
int parse_u32(const char *text, uint32_t max, uint32_t *ret) MUST_CHECK;

/* A uid or gid: 0 … PARSE_ID_MAX. */
int parse_id(const char *text, uint32_t *ret) MUST_CHECK;

/* A signed number with an optional '-': oom_score_adj and such. */
int parse_i64(const char *text, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

/* Permission bits in octal, at most 07777. */
int parse_mode(const char *text, uint32_t *ret) MUST_CHECK;

/* "true", "false", "1", "0", "t", "f" (as Go's strconv.ParseBool, which rkt's flags use). */
int parse_bool(const char *text, int *ret) MUST_CHECK;
