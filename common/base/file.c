/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"

int file_read_fd(int fd, size_t limit, struct text *text)
{
	char chunk[4096];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return text_append_bytes(text, "", 0);
		total += (size_t)n;
		if (total > limit)
			return -EFBIG;
		r = text_append_bytes(text, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
}

int file_read_at(int dir_fd, const char *name, size_t limit, struct text *text, struct error *err)
{
	auto_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening %s", name);
	r = file_read_fd(fd, limit, text);
	if (r == -EFBIG)
		return error_set(err, EFBIG, "reading %s: larger than %zu bytes", name, limit);
	if (r < 0)
		return error_set(err, -r, "reading %s: %s", name, strerror(-r));
	return 0;
}

int file_write_fd(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

/* The temporary file of name: hidden, beside it, one for each process. */
static int open_temporary(int dir_fd, const char *name, mode_t mode, struct text *ret_name)
{
	int fd;

	if (text_printf(ret_name, ".%s.tmp-%d", name, (int)getpid()) < 0)
		return -ENOMEM;
	fd = openat(dir_fd, text_string(ret_name),
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	return fd < 0 ? -errno : fd;
}

static int fill_temporary(int fd, const char *data, mode_t mode)
{
	int r = file_write_fd(fd, data, strlen(data));

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return -errno;
	return 0;
}

int file_replace_at(int dir_fd, const char *name, const char *data, mode_t mode, struct error *err)
{
	auto_text struct text temporary = { 0 };
	auto_close int fd = open_temporary(dir_fd, name, mode, &temporary);
	int r;

	if (fd < 0)
		return error_set(err, -fd, "creating %s: %s", name, strerror(-fd));
	r = fill_temporary(fd, data, mode);
	if (r == 0 && renameat(dir_fd, text_string(&temporary), dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dir_fd, text_string(&temporary), 0);
		return error_set(err, -r, "writing %s: %s", name, strerror(-r));
	}
	return 0;
}

int file_write_at(int dir_fd, const char *name, const char *data, struct error *err)
{
	auto_close int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = strlen(data);
	ssize_t n;

	if (fd < 0)
		return error_from_errno(err, "opening %s", name);
	do
		n = write(fd, data, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "writing \"%s\" to %s", data, name);
	if ((size_t)n != length)
		return error_set(err, EIO, "writing \"%s\" to %s: short write", data, name);
	return 0;
}

int file_make_directories(int dir_fd, const char *path, mode_t mode, struct error *err)
{
	auto_free char *copy = strdup(path);

	if (copy == NULL)
		return error_set(err, ENOMEM, "making %s: out of memory", path);
	for (char *p = copy + 1; copy[0] != '\0'; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdirat(dir_fd, copy, mode) < 0 && errno != EEXIST)
			return error_from_errno(err, "making the directory %s", copy);
		*p = c;
		if (c == '\0')
			break;
	}
	return 0;
}
