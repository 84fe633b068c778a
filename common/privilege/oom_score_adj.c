/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/oom_score_adj.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"

#define MIN_VALUE (-1000)
#define MAX_VALUE 1000

/* "self" is a link of /proc to the caller's own directory in it. */
#define FILE_NAME "self/oom_score_adj"

int oom_score_adj_set(int proc_fd, int value, struct error *err)
{
	auto_close int fd = FD_NONE;
	char text[16];
	int length;

	if (value < MIN_VALUE || value > MAX_VALUE)
		return error_set(err, EINVAL, "setting oom_score_adj to %d: not within %d and %d",
				 value, MIN_VALUE, MAX_VALUE);
	fd = openat(proc_fd, FILE_NAME, O_WRONLY | O_CLOEXEC);
	length = snprintf(text, sizeof(text), "%d", value);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		return error_from_errno(err, "setting oom_score_adj to %d", value);
	return 0;
}

int oom_score_adj_get(int proc_fd, int *ret, struct error *err)
{
	auto_close int fd = openat(proc_fd, FILE_NAME, O_RDONLY | O_CLOEXEC);
	char text[16] = { 0 };
	int64_t value;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return error_from_errno(err, "reading oom_score_adj");
	text[strcspn(text, "\n")] = '\0';
	if (parse_i64(text, MIN_VALUE, MAX_VALUE, &value) < 0)
		return error_set(err, EPROTO, "reading oom_score_adj: \"%s\"", text);
	*ret = (int)value;
	return 0;
}
