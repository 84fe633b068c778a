/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

/* At most so many bytes of a name are kept: a thousand apps must fit into one record. */
#define NAME_MAX_BYTES 60

static uint64_t now_ns(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* All of it or nothing: what a short write has left is taken back. */
static int write_at(int fd, uint64_t at, struct iovec *parts, int n)
{
	size_t wanted = 0;
	ssize_t written;

	for (int i = 0; i < n; i++)
		wanted += parts[i].iov_len;
	do
		written = pwritev(fd, parts, n, (off_t)at);
	while (written < 0 && errno == EINTR);
	if (written == (ssize_t)wanted)
		return 0;
	if (written < 0)
		return -errno;
	(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)written);
	return -ENOSPC;
}

static struct iovec part(const void *bytes, size_t length)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)bytes, .iov_len = length };
}

/*
 * Empties the region of the next lap, which gives the disk back what was in it, and begins
 * it.  What an old kernel or file system leaves in it is no record of this lap.
 */
static int begin_lap(struct log_writer *writer, uint64_t lap)
{
	uint64_t start = log_shape_start(&writer->shape, lap);
	unsigned char head[LOG_RECORD_HEADER], number[8];
	struct log_record record = { .stream = LOG_REGION, .app = LOG_APP_NONE };
	struct iovec parts[2];
	int r;

	log_put_u64(number, lap);
	memcpy(writer->names, number, sizeof(number));
	record.time_ns = now_ns();
	record.data = writer->names;
	record.length = writer->names_length;
	log_record_head(&record, LOG_LAP_NONE, head);
	(void)fallocate(writer->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start,
			(off_t)writer->shape.region_size);
	parts[0] = part(head, sizeof(head));
	parts[1] = part(record.data, record.length);
	r = write_at(writer->fd, start, parts, 2);
	if (r < 0)
		return r;
	writer->lap = lap;
	writer->offset = sizeof(head) + record.length;
	return 0;
}

/* Nothing is written to the disk before there is something to keep. */
static int begin_first_lap(struct log_writer *writer)
{
	unsigned char head[LOG_FILE_HEADER];
	struct iovec whole;
	int r;

	log_shape_write(&writer->shape, head);
	whole = part(head, sizeof(head));
	r = write_at(writer->fd, 0, &whole, 1);
	return r < 0 ? r : begin_lap(writer, writer->lap);
}

/* Writes both or none: so a disk that has room for the one alone gets neither. */
static int write_records(struct log_writer *writer, const struct log_record *records, size_t n)
{
	unsigned char heads[2][LOG_RECORD_HEADER];
	struct iovec parts[4];
	size_t size = 0;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		size += LOG_RECORD_HEADER + records[i].length;
	if (writer->offset == 0)
		r = begin_first_lap(writer);
	else if (writer->shape.region_size - writer->offset < size)
		r = begin_lap(writer, writer->lap + 1);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		log_record_head(&records[i], writer->lap, heads[i]);
		parts[2 * i] = part(heads[i], LOG_RECORD_HEADER);
		parts[2 * i + 1] = part(records[i].data, records[i].length);
	}
	r = write_at(writer->fd, log_shape_start(&writer->shape, writer->lap) + writer->offset,
		     parts, (int)(2 * n));
	if (r == 0)
		writer->offset += size;
	return r;
}

/* What could not be kept is told in front of the next that is: in its place. */
static int write_after_lost(struct log_writer *writer, const struct log_record *record)
{
	unsigned char number[8];
	struct log_record records[2] = { { .stream = LOG_LOST,
					   .app = LOG_APP_NONE,
					   .data = (const char *)number,
					   .length = sizeof(number) } };
	int r;

	log_put_u64(number, writer->lost_bytes);
	records[0].time_ns = record != NULL ? record->time_ns : now_ns();
	if (record != NULL)
		records[1] = *record;
	r = write_records(writer, records, record != NULL ? 2 : 1);
	if (r == 0)
		writer->lost_bytes = 0;
	return r;
}

static void put_piece(struct log_writer *writer, const struct log_record *record)
{
	int r = writer->lost_bytes == 0 ? write_records(writer, record, 1)
					: write_after_lost(writer, record);

	if (r == 0)
		return;
	if (writer->lost_bytes == 0)
		writer->lost_code = -r;
	writer->lost_bytes += record->length;
}

void log_writer_put(struct log_writer *writer, const struct log_record *record)
{
	struct log_record piece = *record;
	size_t left = record->length;

	if (writer->fd < 0 || left == 0)
		return;
	if (piece.time_ns == 0)
		piece.time_ns = now_ns();
	for (; left > 0; left -= piece.length, piece.data += piece.length) {
		piece.length = left < LOG_RECORD_MAX ? left : LOG_RECORD_MAX;
		put_piece(writer, &piece);
	}
}

int log_writer_settle(struct log_writer *writer, struct error *err)
{
	bool is_whole = writer->fd < 0 || writer->lost_bytes == 0;

	if (is_whole || write_after_lost(writer, NULL) == 0)
		return 0;
	return error_set(err, writer->lost_code,
			 "%" PRIu64 " bytes of the apps' output are not in the log: %s",
			 writer->lost_bytes, strerror(writer->lost_code));
}

/* The newest lap that any region says it is of; -ENOENT: none. */
static int find_lap(const struct log_writer *writer, uint64_t *ret)
{
	unsigned char bytes[LOG_RECORD_HEADER + LOG_RECORD_MAX];
	struct log_record record;
	bool found = false;

	for (uint64_t i = 0; i < writer->shape.n_regions; i++) {
		ssize_t n = pread(writer->fd, bytes, sizeof(bytes),
				  (off_t)log_shape_start(&writer->shape, i));
		uint64_t lap;

		if (n <= 0 || log_record_read(bytes, (size_t)n, LOG_LAP_NONE, &record) <= 0 ||
		    record.stream != LOG_REGION || record.length < 8)
			continue;
		lap = log_get_u64((const unsigned char *)record.data);
		if (!found || lap > *ret)
			*ret = lap;
		found = true;
	}
	return found ? 0 : -ENOENT;
}

/* What is no log, or one of another shape, is replaced: only the one who writes makes them. */
static void find_place(struct log_writer *writer, const struct log_shape *shape)
{
	unsigned char head[LOG_FILE_HEADER];
	ssize_t n = pread(writer->fd, head, sizeof(head), 0);
	bool known = n == (ssize_t)sizeof(head) && log_shape_read(head, &writer->shape) == 0;
	uint64_t lap;

	if (known && find_lap(writer, &lap) == 0) {
		writer->lap = lap + 1;
		return;
	}
	writer->shape = *shape;
	writer->lap = 0;
	if (n != 0)
		(void)!ftruncate(writer->fd, 0);
}

static int keep_names(struct log_writer *writer, const struct log_options *options,
		      struct error *err)
{
	auto_text struct text names = { .cap = LOG_RECORD_MAX };

	(void)text_append_bytes(&names, "\0\0\0\0\0\0\0", 8);
	for (size_t i = 0; i < options->n_names; i++) {
		(void)text_append_bytes(&names, options->names[i],
					strnlen(options->names[i], NAME_MAX_BYTES));
		(void)text_append_char(&names, '\0');
	}
	writer->names_length = names.length;
	writer->names = text_status(&names) < 0 ? NULL : text_take(&names);
	return writer->names == NULL ? error_set(err, ENOMEM, "opening the log: out of memory") : 0;
}

int log_writer_open(int dir_fd, const struct log_options *options, struct log_writer *ret,
		    struct error *err)
{
	const struct log_shape shape = { .region_size = options->size / LOG_REGIONS,
					 .n_regions = LOG_REGIONS };
	struct log_writer writer = LOG_WRITER_NONE;
	int r = keep_names(&writer, options, err);

	if (r < 0)
		return r;
	writer.fd = openat(dir_fd, LOG_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (writer.fd < 0) {
		r = error_from_errno(err, "opening the log " LOG_FILE);
		log_writer_release(&writer);
		return r;
	}
	find_place(&writer, &shape);
	*ret = writer;
	return 0;
}

void log_writer_release(struct log_writer *writer)
{
	cleanup_free(&writer->names);
	cleanup_close(&writer->fd);
}
