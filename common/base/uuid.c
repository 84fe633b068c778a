/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

static bool is_dash_position(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

int uuid_generate(struct uuid *ret, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[16];
	size_t nibble = 0;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_from_errno(err, "reading random bytes");
	random[6] = (unsigned char)((random[6] & 0x0f) | 0x40);
	random[8] = (unsigned char)((random[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		if (is_dash_position(i)) {
			ret->text[i] = '-';
			continue;
		}
		ret->text[i] = digits[(random[nibble / 2] >> (nibble % 2 == 0 ? 4 : 0)) & 0x0f];
		nibble++;
	}
	ret->text[UUID_TEXT_SIZE - 1] = '\0';
	return 0;
}

bool uuid_is_valid(const char *text)
{
	if (strlen(text) != UUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		bool dash = text[i] == '-';
		bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');

		if (is_dash_position(i) ? !dash : !hex)
			return false;
	}
	return true;
}
