/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/name.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/parse.h"

/* Not <ctype.h>: what is a letter here does not depend on a locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c);
}

static bool is_letter_or_digit(char c)
{
	return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* Words of lower-case letters and digits, one separator between two of them. */
static bool is_words(const char *text, const char *separators, size_t max)
{
	bool word = false; /* the last character belongs to one */
	size_t i = 0;

	for (; text[i] != '\0' && i <= max; i++) {
		if (is_lower_or_digit(text[i])) {
			word = true;
			continue;
		}
		if (!word || strchr(separators, text[i]) == NULL)
			return false;
		word = false;
	}
	return word && i <= max;
}

bool name_is_ac_identifier(const char *text)
{
	return is_words(text, "-._~/", IDENTIFIER_MAX_LENGTH);
}

bool name_is_ac_name(const char *text)
{
	return is_words(text, "-", NAME_MAX_LENGTH);
}

bool name_is_image_id(const char *text)
{
	static const char prefix[] = "sha512-";
	size_t digits;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	text += sizeof(prefix) - 1;
	digits = strspn(text, "0123456789abcdef");
	return digits >= 32 && digits <= 128 && text[digits] == '\0';
}

bool name_is_environment_variable(const char *text)
{
	if (text[0] == '\0' || is_digit(text[0]))
		return false;
	for (size_t i = 0; text[i] != '\0'; i++) {
		bool punctuation = text[i] == '_' || (i > 0 && (text[i] == '.' || text[i] == '-'));

		if (!is_letter_or_digit(text[i]) && !punctuation)
			return false;
	}
	return true;
}

/* A number of semver: digits without a leading zero.  Moves *at behind it. */
static bool take_number(const char **at, uint64_t *ret)
{
	char digits[16] = "";
	size_t n = strspn(*at, "0123456789");

	if (n == 0 || n >= sizeof(digits) || (n > 1 && **at == '0'))
		return false;
	memcpy(digits, *at, n);
	*at += n;
	return parse_u64(digits, UINT64_MAX, ret) == 0;
}

static bool take_dot(const char **at)
{
	if (**at != '.')
		return false;
	(*at)++;
	return true;
}

/* Dotted words of letters, digits and "-", up to one of the characters in stop. */
static bool take_words(const char **at, const char *stop, bool leading_zeros)
{
	do {
		const char *word = *at;
		size_t n = 0;

		while (is_letter_or_digit(word[n]) || word[n] == '-')
			n++;
		if (n == 0)
			return false;
		if (!leading_zeros && n > 1 && word[0] == '0' && strspn(word, "0123456789") == n)
			return false;
		*at += n;
	} while (take_dot(at));
	return **at == '\0' || strchr(stop, **at) != NULL;
}

bool name_is_ac_version(const char *text)
{
	uint64_t major, minor, patch;
	const char *at = text;

	if (strlen(text) > NAME_MAX_LENGTH || !take_number(&at, &major) || !take_dot(&at) ||
	    !take_number(&at, &minor) || !take_dot(&at) || !take_number(&at, &patch))
		return false;
	if (*at == '-') {
		at++;
		if (!take_words(&at, "+", false))
			return false;
	}
	if (*at == '+') {
		at++;
		if (!take_words(&at, "", true))
			return false;
	}
	return *at == '\0' && (major == 1 || (major == 0 && minor >= 1));
}

int name_from_identifier(struct arena *arena, const char *identifier, const char **ret)
{
	const char *last = strrchr(identifier, '/');
	char *name;

	last = last != NULL ? last + 1 : identifier;
	if (!name_is_ac_identifier(identifier) || strlen(last) > NAME_MAX_LENGTH)
		return -EINVAL;
	name = arena_string(arena, last);
	if (name == NULL)
		return -ENOMEM;
	for (char *p = name; *p != '\0'; p++) {
		if (!is_lower_or_digit(*p))
			*p = '-'; /* separators stand alone, so the result is an AC Name */
	}
	*ret = name;
	return 0;
}
