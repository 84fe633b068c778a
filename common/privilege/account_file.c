/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/account_file.h"

#include <string.h>

#include "common/base/parse.h"

#define MAX_FIELDS 7

/* Takes the next line off *text; NULL: the end, or a NUL, behind which nothing is read. */
static char *next_line(char **text)
{
	char *line = *text;
	char *end;

	if (line[0] == '\0')
		return NULL;
	end = strchrnul(line, '\n');
	*text = *end == '\0' ? end : end + 1;
	*end = '\0';
	return line;
}

/* Cuts a line at its colons into exactly n fields. */
static bool split(char *line, char *fields[MAX_FIELDS], size_t n)
{
	if (strnlen(line, ACCOUNT_MAX_LINE + 1) > ACCOUNT_MAX_LINE)
		return false;
	for (size_t i = 0; i < n; i++) {
		char *colon = strchr(line, ':');

		fields[i] = line;
		if ((colon == NULL) != (i == n - 1))
			return false;
		if (colon != NULL) {
			*colon = '\0';
			line = colon + 1;
		}
	}
	return true;
}

/* "name:password:uid:gid:comment:home:shell" */
bool account_file_next_user(char **text, struct account_user *ret)
{
	char *fields[MAX_FIELDS];
	char *line;

	while ((line = next_line(text)) != NULL) {
		if (!split(line, fields, 7) || fields[0][0] == '\0' ||
		    parse_id(fields[2], &ret->uid) < 0 || parse_id(fields[3], &ret->gid) < 0)
			continue;
		ret->name = fields[0];
		ret->home = fields[5];
		ret->shell = fields[6];
		return true;
	}
	return false;
}

/* "name:password:gid:members" */
bool account_file_next_group(char **text, struct account_group *ret)
{
	char *fields[MAX_FIELDS];
	char *line;

	while ((line = next_line(text)) != NULL) {
		if (!split(line, fields, 4) || fields[0][0] == '\0' ||
		    parse_id(fields[2], &ret->gid) < 0)
			continue;
		ret->name = fields[0];
		return true;
	}
	return false;
}
