/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/utf8.h"

#include <stdint.h>

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Bytes of the sequence that starts here; 0: none does.  The NUL ends every short one. */
static size_t sequence_length(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf && is_continuation(p[1]))
		return 2;
	if (p[0] >= 0xe0 && p[0] <= 0xef && is_continuation(p[1]) && is_continuation(p[2])) {
		bool overlong = p[0] == 0xe0 && p[1] < 0xa0;
		bool surrogate = p[0] == 0xed && p[1] > 0x9f;

		return overlong || surrogate ? 0 : 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4 && is_continuation(p[1]) && is_continuation(p[2]) &&
	    is_continuation(p[3])) {
		bool overlong = p[0] == 0xf0 && p[1] < 0x90;
		bool beyond = p[0] == 0xf4 && p[1] > 0x8f;

		return overlong || beyond ? 0 : 4;
	}
	return 0;
}

size_t utf8_sequence(const char *string)
{
	return sequence_length((const unsigned char *)string);
}

bool utf8_is_valid(const char *string)
{
	const unsigned char *p = (const unsigned char *)string;

	while (*p != '\0') {
		size_t length = sequence_length(p);

		if (length == 0)
			return false;
		p += length;
	}
	return true;
}
