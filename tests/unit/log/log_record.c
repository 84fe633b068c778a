/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log/log_record.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

static const char text[] = "a line of the app\n";

/* A record as it lies in the file; its size. */
static size_t make(const char *data, size_t length, uint64_t lap, unsigned char *ret)
{
	const struct log_record record = { .stream = LOG_STDERR,
					   .app = 513,
					   .time_ns = 1234567890123456789,
					   .data = data,
					   .length = length };

	log_record_head(&record, lap, ret);
	memcpy(ret + LOG_RECORD_HEADER, data, length);
	return LOG_RECORD_HEADER + length;
}

TEST(a_record_comes_back_as_it_was_written)
{
	unsigned char bytes[128];
	size_t size = make(text, strlen(text), 7, bytes);
	struct log_record record;

	check_int(log_record_read(bytes, sizeof(bytes), 7, &record), (long)size);
	check_int(record.stream, LOG_STDERR);
	check_int(record.app, 513);
	check_uint(record.time_ns, 1234567890123456789);
	check_uint(record.length, strlen(text));
	check_int(memcmp(record.data, text, strlen(text)), 0);
}

TEST(a_record_that_is_cut_off_is_not_whole)
{
	unsigned char bytes[128];
	size_t size = make(text, strlen(text), 7, bytes);
	struct log_record record;

	for (size_t length = 0; length < size; length++)
		check_int(log_record_read(bytes, length, 7, &record), 0);
}

TEST(any_flipped_bit_shows)
{
	unsigned char bytes[128];
	size_t size = make(text, strlen(text), 7, bytes);
	struct log_record record;

	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		check_true(log_record_read(bytes, size, 7, &record) <= 0);
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	check_int(log_record_read(bytes, size, 7, &record), (long)size);
}

TEST(a_record_of_another_lap_is_none)
{
	unsigned char bytes[128];
	size_t size = make(text, strlen(text), 7, bytes);
	struct log_record record;

	check_int(log_record_read(bytes, size, 11, &record), -EINVAL);
	check_int(log_record_read(bytes, size, LOG_LAP_NONE, &record), -EINVAL);
}

TEST(a_length_that_no_record_has_is_refused)
{
	unsigned char bytes[128];
	struct log_record record;

	(void)make(text, strlen(text), 7, bytes);
	bytes[11] = 0x7f;
	check_int(log_record_read(bytes, sizeof(bytes), 7, &record), -EINVAL);
}

TEST(the_file_says_where_its_regions_are)
{
	const struct log_shape shape = { .region_size = 4096, .n_regions = LOG_REGIONS };
	unsigned char head[LOG_FILE_HEADER];
	struct log_shape got = { 0 };

	log_shape_write(&shape, head);
	check_int(log_shape_read(head, &got), 0);
	check_uint(got.region_size, 4096);
	check_uint(log_shape_start(&got, 0), LOG_FILE_HEADER);
	check_uint(log_shape_start(&got, 6), LOG_FILE_HEADER + 2 * 4096);
	head[9] ^= 1;
	check_int(log_shape_read(head, &got), -EINVAL);
}

TEST(a_file_with_regions_beyond_reason_is_refused)
{
	struct log_shape got = { 0 };
	unsigned char head[LOG_FILE_HEADER];

	log_shape_write(&(struct log_shape){ .region_size = UINT64_MAX / 2, .n_regions = 4 }, head);
	check_int(log_shape_read(head, &got), -EINVAL);
	log_shape_write(&(struct log_shape){ .region_size = 4096, .n_regions = 5 }, head);
	check_int(log_shape_read(head, &got), -EINVAL);
}
