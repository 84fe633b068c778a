/* SPDX-License-Identifier: Apache-2.0 */
#include "image/stall_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/parse.h"

#define IO_MAX_BYTES ((size_t)4096)

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* "rchar: 323934931\n" */
static bool take_number(char *text, const char *name, uint64_t *sum)
{
	char *line = strstr(text, name);
	uint64_t value;
	char *end;

	if (line == NULL)
		return false;
	line += strlen(name);
	end = strchr(line, '\n');
	if (end == NULL)
		return false;
	*end = '\0';
	if (parse_u64(line, UINT64_MAX, &value) < 0)
		return false;
	*end = '\n';
	*sum += value;
	return true;
}

static bool count(pid_t pid, uint64_t *ret_bytes)
{
	auto_text struct text text = { 0 };
	struct error ignored = { 0 };
	uint64_t sum = 0;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
	if (file_read_at(AT_FDCWD, path, IO_MAX_BYTES, &text, &ignored) < 0 || text.data == NULL ||
	    !take_number(text.data, "rchar: ", &sum) || !take_number(text.data, "wchar: ", &sum))
		return false;
	*ret_bytes = sum;
	return true;
}

void stall_watch_begin(struct stall_watch *watch, pid_t pid, int limit_ms)
{
	*watch = (struct stall_watch){ .pid = pid, .limit_ms = limit_ms, .since_ms = now_ms() };
}

bool stall_watch_has_ended(struct stall_watch *watch)
{
	uint64_t bytes = 0;

	if (!count(watch->pid, &bytes) || bytes != watch->moved_bytes) {
		watch->moved_bytes = bytes;
		watch->since_ms = now_ms();
		return false;
	}
	return now_ms() - watch->since_ms >= watch->limit_ms;
}
