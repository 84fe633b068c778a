/* SPDX-License-Identifier: Apache-2.0 */
#include "image/extract_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define HOLE_BYTES  ((size_t)4096)
#define EARLY_BYTES ((uint64_t)1 << 20)

static bool is_zero(const unsigned char *bytes, size_t length)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static int write_at(int fd, const unsigned char *bytes, size_t length, uint64_t offset,
		    struct error *err)
{
	while (length > 0) {
		ssize_t n = pwrite(fd, bytes, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(err, "writing it");
		bytes += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* How many bytes from the start are either all in zero blocks or all not. */
static size_t run_length(const unsigned char *bytes, size_t length, bool *ret_zero)
{
	size_t n = length < HOLE_BYTES ? length : HOLE_BYTES;

	*ret_zero = n == HOLE_BYTES && is_zero(bytes, n);
	while (n < length) {
		size_t step = length - n < HOLE_BYTES ? length - n : HOLE_BYTES;

		if ((step == HOLE_BYTES && is_zero(bytes + n, step)) != *ret_zero)
			break;
		n += step;
	}
	return n;
}

int extract_data_write(int fd, const unsigned char *bytes, size_t length, uint64_t offset,
		       struct error *err)
{
	while (length > 0) {
		bool zero;
		size_t n = run_length(bytes, length, &zero);
		int r = zero ? 0 : write_at(fd, bytes, n, offset, err);

		if (r < 0)
			return r;
		bytes += n;
		length -= n;
		offset += n;
	}
	return 0;
}

int extract_data(int fd, struct tar_reader *data, unsigned char *buffer, struct error *err)
{
	uint64_t offset = 0;

	for (;;) {
		ssize_t n = tar_reader_read(data, buffer, EXTRACT_BUFFER_BYTES, err);
		int r;

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		r = extract_data_write(fd, buffer, (size_t)n, offset, err);
		if (r < 0)
			return r;
		offset += (uint64_t)n;
	}
	/* A hole at the end has written nothing. */
	if (offset > 0 && ftruncate(fd, (off_t)offset) < 0)
		return error_from_errno(err, "writing it");
	/* The disk begins now, and not when somebody waits for it; only a hint. */
	if (offset >= EARLY_BYTES)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}
