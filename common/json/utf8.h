/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - is a string UTF-8 as RFC 3629 has it: shortest forms, no surrogates,
 * nothing above U+10FFFF.
 */
#pragma once

#include <stdbool.h>

bool utf8_is_valid(const char *string);
