/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/cgroup/cgroup_manager.h"

#define MAX_FILE_BYTES 4096

int cgroup_write_number(int fd, const char *file, uint64_t value, struct error *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	return file_write_at(fd, file, text, err);
}

int cgroup_read_key(int fd, const char *file, const char *key, uint64_t *ret, struct error *err)
{
	auto_text struct text content = { 0 };
	size_t length = strlen(key);
	char *line, *next;
	int r = file_read_at(fd, file, MAX_FILE_BYTES, &content, err);

	if (r < 0)
		return r;
	for (line = content.data; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (strncmp(line, key, length) != 0 || line[length] != ' ')
			continue;
		if (parse_u64(line + length + 1, UINT64_MAX, ret) < 0)
			return error_set(err, EPROTO, "reading %s: \"%s\" is no number", file,
					 line + length + 1);
		return 0;
	}
	*ret = 0;
	return 0;
}
