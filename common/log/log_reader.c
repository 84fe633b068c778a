/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log/log_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"

#define BUFFER_SIZE (LOG_RECORD_HEADER + LOG_RECORD_MAX)

/* Reads what the region holds from offset on, as far as the buffer goes. */
static ssize_t read_region(const struct log_reader *reader, uint64_t lap, uint64_t offset)
{
	uint64_t left = reader->shape.region_size - offset;
	ssize_t n;

	do
		n = pread(reader->fd, reader->bytes, left < BUFFER_SIZE ? left : BUFFER_SIZE,
			  (off_t)(log_shape_start(&reader->shape, lap) + offset));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The lap that the region at a lap's place is of now, and what its record says; -ENOENT: none. */
static int read_lap(const struct log_reader *reader, uint64_t place, uint64_t *ret_lap,
		    struct log_record *ret_record)
{
	ssize_t n = read_region(reader, place, 0);
	long size =
	    n < 0 ? (long)n : log_record_read(reader->bytes, (size_t)n, LOG_LAP_NONE, ret_record);

	if (size <= 0 || ret_record->stream != LOG_REGION || ret_record->length < 8)
		return -ENOENT;
	*ret_lap = log_get_u64((const unsigned char *)ret_record->data);
	return *ret_lap % reader->shape.n_regions == place % reader->shape.n_regions ? 0 : -ENOENT;
}

static int begin_lap(struct log_reader *reader, uint64_t lap, const struct log_record *record)
{
	char *names = malloc(record->length - 8 + 1);

	if (names == NULL)
		return -ENOMEM;
	memcpy(names, record->data + 8, record->length - 8);
	names[record->length - 8] = '\0';
	free(reader->names);
	reader->names = names;
	reader->names_length = record->length - 8;
	reader->lap = lap;
	reader->offset = LOG_RECORD_HEADER + record->length;
	reader->begun = true;
	return 0;
}

/* Goes to the oldest lap that is not before first.  1, 0: there is none, -ENOMEM. */
static int begin_oldest(struct log_reader *reader, uint64_t first)
{
	struct log_record record;
	uint64_t oldest = 0, lap = 0;
	bool found = false;

	for (uint64_t i = 0; i < reader->shape.n_regions; i++) {
		if (read_lap(reader, i, &lap, &record) < 0 || lap < first)
			continue;
		if (!found || lap < oldest)
			oldest = lap;
		found = true;
	}
	/* It may have been emptied since: then there is a newer one, the next time. */
	if (!found || read_lap(reader, oldest, &lap, &record) < 0 || lap != oldest)
		return 0;
	return begin_lap(reader, oldest, &record) < 0 ? -ENOMEM : 1;
}

static bool is_still(const struct log_reader *reader)
{
	struct log_record record;
	uint64_t lap;

	return read_lap(reader, reader->lap, &lap, &record) == 0 && lap == reader->lap;
}

/* The first place in the buffer where a record could begin. */
static size_t find_begin(const struct log_reader *reader, size_t length)
{
	size_t at = 0;

	while (at + LOG_RECORD_HEADER <= length && !log_record_may_begin(reader->bytes + at))
		at++;
	return at;
}

/* Looks for the next record from a place on where none was.  1: offset is there, 0: none is left.
 */
static int find_next(struct log_reader *reader)
{
	uint64_t offset = reader->offset;

	while (offset + LOG_RECORD_HEADER <= reader->shape.region_size) {
		struct log_record record;
		ssize_t n = read_region(reader, reader->lap, offset);
		size_t at;

		if (n < LOG_RECORD_HEADER)
			return 0;
		at = find_begin(reader, (size_t)n);
		offset += at;
		if (at + LOG_RECORD_HEADER > (size_t)n)
			continue;
		n = read_region(reader, reader->lap, offset);
		if (n > 0 && log_record_read(reader->bytes, (size_t)n, reader->lap, &record) > 0) {
			reader->damaged_bytes += offset - reader->offset;
			reader->offset = offset;
			return 1;
		}
		offset++;
	}
	return 0;
}

/* Records lie one behind the other: a writer that goes on will do so where only zeros are. */
static bool is_empty_here(const struct log_reader *reader)
{
	static const unsigned char none[LOG_RECORD_HEADER];
	ssize_t n = read_region(reader, reader->lap, reader->offset);

	return n < LOG_RECORD_HEADER || memcmp(reader->bytes, none, sizeof(none)) == 0;
}

/* What is left behind the last record; holes read as zeros and are no damage. */
static void count_rest(struct log_reader *reader)
{
	ssize_t n = read_region(reader, reader->lap, reader->offset);

	while (n > 0 && reader->bytes[n - 1] == 0)
		n--;
	if (n > 0)
		reader->damaged_bytes += (uint64_t)n;
	reader->offset = reader->shape.region_size;
}

/* 1: a record, 0: none is there (yet), or -errno. */
static int read_here(struct log_reader *reader, struct log_record *ret)
{
	ssize_t n = read_region(reader, reader->lap, reader->offset);
	long size;

	if (n < 0)
		return (int)n;
	size = log_record_read(reader->bytes, (size_t)n, reader->lap, ret);
	if (size <= 0)
		return 0;
	reader->offset += (uint64_t)size;
	return 1;
}

/* The lap is read to its end.  1: the next has begun, 0: not yet, or -ENOMEM. */
static int go_to_next_lap(struct log_reader *reader)
{
	struct log_record record;
	uint64_t next = 0;

	if (read_lap(reader, reader->lap + 1, &next, &record) < 0 || next <= reader->lap)
		return 0;
	if (next == reader->lap + 1)
		return begin_lap(reader, next, &record) < 0 ? -ENOMEM : 1;
	reader->overtaken = true;
	return begin_oldest(reader, reader->lap + 1);
}

static bool has_next_lap(const struct log_reader *reader)
{
	struct log_record record;
	uint64_t next;

	return read_lap(reader, reader->lap + 1, &next, &record) == 0 && next > reader->lap;
}

/* No record is where one was expected: there may be one further on, or in the next lap. */
static int go_on(struct log_reader *reader)
{
	bool is_last;

	if (!is_still(reader)) {
		reader->overtaken = true;
		return begin_oldest(reader, reader->lap + 1);
	}
	is_last = !has_next_lap(reader);
	if (is_last && !reader->is_final && is_empty_here(reader))
		return 0;
	if (find_next(reader) == 1)
		return 1;
	if (!is_last || reader->is_final)
		count_rest(reader);
	return is_last ? 0 : go_to_next_lap(reader);
}

/* 0: the log is empty as yet, or it is known now. */
static int read_shape(struct log_reader *reader, struct error *err)
{
	unsigned char head[LOG_FILE_HEADER];
	struct stat status;
	ssize_t n;

	if (fstat(reader->fd, &status) < 0)
		return error_from_errno(err, "reading the log " LOG_FILE);
	if (!S_ISREG(status.st_mode))
		return error_set(err, EINVAL, "reading the log " LOG_FILE ": not a file");
	n = pread(reader->fd, head, sizeof(head), 0);
	if (n < 0)
		return error_from_errno(err, "reading the log " LOG_FILE);
	if (n == 0) /* nothing was printed yet */
		return 0;
	if (n != (ssize_t)sizeof(head) || log_shape_read(head, &reader->shape) < 0)
		return error_set(err, EINVAL, "reading the log " LOG_FILE ": it is damaged");
	return 0;
}

int log_reader_next(struct log_reader *reader, struct log_record *ret, struct error *err)
{
	int r = reader->shape.n_regions == 0 ? read_shape(reader, err) : 0;

	if (r < 0 || reader->shape.n_regions == 0)
		return r;
	r = reader->begun ? 1 : begin_oldest(reader, 0);
	while (r == 1) {
		r = read_here(reader, ret);
		if (r == 1 && ret->stream != LOG_REGION)
			return 1;
		if (r == 0)
			r = go_on(reader);
	}
	return r < 0 ? error_set(err, -r, "reading the log: %s", strerror(-r)) : 0;
}

void log_reader_finish(struct log_reader *reader)
{
	reader->is_final = true;
}

const char *log_reader_app(const struct log_reader *reader, uint16_t app)
{
	const char *name = reader->names, *end = name + reader->names_length;

	if (app == LOG_APP_NONE || name == NULL)
		return NULL;
	for (; app > 0 && name < end; app--)
		name += strlen(name) + 1;
	return name < end ? name : NULL;
}

int log_reader_open(int dir_fd, struct log_reader *ret, struct error *err)
{
	struct log_reader reader = LOG_READER_NONE;
	int r;

	reader.fd = openat(dir_fd, LOG_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (reader.fd < 0)
		return error_from_errno(err, "opening the log " LOG_FILE);
	reader.bytes = malloc(BUFFER_SIZE);
	r = reader.bytes == NULL ? error_set(err, ENOMEM, "reading the log: out of memory") : 0;
	if (r == 0)
		r = read_shape(&reader, err);
	if (r < 0) {
		log_reader_release(&reader);
		return r;
	}
	*ret = reader;
	return 0;
}

void log_reader_release(struct log_reader *reader)
{
	cleanup_free(&reader->bytes);
	cleanup_free(&reader->names);
	cleanup_close(&reader->fd);
}
