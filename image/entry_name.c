/* SPDX-License-Identifier: Apache-2.0 */
#include "image/entry_name.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Appends a component; gives the new length. */
static size_t add_component(char *buffer, size_t length, const char *component, size_t n)
{
	if (length > 0)
		buffer[length++] = '/';
	memcpy(buffer + length, component, n);
	return length + n;
}

int entry_name_clean(const char *name, char *buffer, size_t size, struct error *err)
{
	size_t length = 0;
	unsigned depth = 0;

	if (name[0] == '\0')
		return error_set(err, EINVAL, "has an empty name");
	if (name[0] == '/')
		return error_set(err, EINVAL, "has an absolute name");
	if (strlen(name) > ENTRY_NAME_MAX_BYTES || strlen(name) >= size)
		return error_set(err, EINVAL, "has a name of more than %u bytes",
				 ENTRY_NAME_MAX_BYTES);
	for (const char *p = name; *p != '\0';) {
		size_t n = strcspn(p, "/");

		if (n == 2 && memcmp(p, "..", 2) == 0)
			return error_set(err, EINVAL, "has \"..\" in its name");
		if (n > NAME_MAX)
			return error_set(err, EINVAL,
					 "has a name with more than %d bytes between slashes",
					 NAME_MAX);
		if (n > 0 && !(n == 1 && p[0] == '.')) {
			if (++depth > ENTRY_NAME_MAX_DEPTH)
				return error_set(err, EINVAL, "is more than %u directories deep",
						 ENTRY_NAME_MAX_DEPTH);
			length = add_component(buffer, length, p, n);
		}
		p += n;
		p += *p == '/';
	}
	buffer[length] = '\0';
	return 0;
}

const char *entry_name_show(const char *name, struct entry_name_shown *buffer)
{
	static const char digits[] = "0123456789abcdef";
	size_t room = sizeof(buffer->text) - sizeof("...");
	char *out = buffer->text;

	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;
		size_t left = room - (size_t)(out - buffer->text);

		if (left < 4) {
			memcpy(out, "...", 3);
			out += 3;
			break;
		}
		/* Bytes above 0x9f may be UTF-8; 0x80 to 0x9f are its tails or C1 controls. */
		if (c >= 0x20 && c != 0x7f) {
			*out++ = (char)c;
			continue;
		}
		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[c >> 4];
		*out++ = digits[c & 15];
	}
	*out = '\0';
	return buffer->text;
}

const char *entry_name_last(const char *plain)
{
	const char *slash = strrchr(plain, '/');

	return slash == NULL ? plain : slash + 1;
}
