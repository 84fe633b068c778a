/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - is a string UTF-8 as RFC 3629 has it: shortest forms, no surrogates,
 * nothing above U+10FFFF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool utf8_is_valid(const char *string);

/* Bytes of the sequence at the beginning of a string that is not empty; 0: none begins there. */
size_t utf8_sequence(const char *string);
