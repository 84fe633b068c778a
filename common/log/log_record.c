/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log/log_record.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define RECORD_MAGIC 0x7c524c67U

static const unsigned char file_magic[8] = { 'r', 'k', 't', '-', 'l', 'o', 'g', 1 };

/* No file that is written is that large; what is read is not believed to be. */
#define REGION_MAX ((uint64_t)1 << 50)

#define AT_SUM     4
#define AT_SUMMED  8

static uint32_t get_u32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static void put_u32(unsigned char *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

uint64_t log_get_u64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

void log_put_u64(unsigned char *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof(value));
}

/* Each step maps the sum one to one: a change in any single word always shows. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
	return sum << 29 | sum >> 35;
}

static uint64_t mix_bytes(uint64_t sum, const unsigned char *bytes, size_t length)
{
	unsigned char rest[8] = { 0 };

	for (; length >= 8; bytes += 8, length -= 8)
		sum = mix(sum, log_get_u64(bytes));
	if (length > 0)
		memcpy(rest, bytes, length);
	return mix(sum, log_get_u64(rest));
}

static uint32_t fold(uint64_t sum)
{
	sum = mix(sum, 0);
	return (uint32_t)(sum ^ sum >> 32);
}

static uint32_t sum_record(const unsigned char head[LOG_RECORD_HEADER], const void *data,
			   size_t length, uint64_t lap)
{
	uint64_t sum = mix_bytes(lap, head + AT_SUMMED, LOG_RECORD_HEADER - AT_SUMMED);

	return fold(mix_bytes(sum, data, length));
}

void log_record_head(const struct log_record *record, uint64_t lap,
		     unsigned char head[LOG_RECORD_HEADER])
{
	put_u32(head, RECORD_MAGIC);
	put_u32(head + 8, (uint32_t)record->length);
	head[12] = (unsigned char)(record->app & 0xff);
	head[13] = (unsigned char)(record->app >> 8);
	head[14] = (unsigned char)record->stream;
	head[15] = 0;
	log_put_u64(head + 16, record->time_ns);
	put_u32(head + AT_SUM, sum_record(head, record->data, record->length, lap));
}

bool log_record_may_begin(const unsigned char *bytes)
{
	return get_u32(bytes) == RECORD_MAGIC;
}

long log_record_read(const unsigned char *bytes, size_t length, uint64_t lap,
		     struct log_record *ret)
{
	size_t size;

	if (length < LOG_RECORD_HEADER)
		return 0;
	size = get_u32(bytes + 8);
	if (!log_record_may_begin(bytes) || size > LOG_RECORD_MAX || bytes[14] >= LOG_STREAMS)
		return -EINVAL;
	if (length - LOG_RECORD_HEADER < size)
		return 0;
	if (get_u32(bytes + AT_SUM) != sum_record(bytes, bytes + LOG_RECORD_HEADER, size, lap))
		return -EINVAL;
	*ret = (struct log_record){ .stream = (enum log_stream)bytes[14],
				    .app = (uint16_t)(bytes[12] | bytes[13] << 8),
				    .time_ns = log_get_u64(bytes + 16),
				    .data = (const char *)bytes + LOG_RECORD_HEADER,
				    .length = size };
	return (long)(LOG_RECORD_HEADER + size);
}

void log_shape_write(const struct log_shape *shape, unsigned char head[LOG_FILE_HEADER])
{
	memset(head, 0, LOG_FILE_HEADER);
	memcpy(head, file_magic, sizeof(file_magic));
	log_put_u64(head + 8, shape->region_size);
	put_u32(head + 16, shape->n_regions);
	put_u32(head + 20, fold(mix_bytes(0, head, 20)));
}

int log_shape_read(const unsigned char head[LOG_FILE_HEADER], struct log_shape *ret)
{
	const struct log_shape shape = { .region_size = log_get_u64(head + 8),
					 .n_regions = get_u32(head + 16) };

	if (memcmp(head, file_magic, sizeof(file_magic)) != 0 ||
	    get_u32(head + 20) != fold(mix_bytes(0, head, 20)))
		return -EINVAL;
	if (shape.n_regions != LOG_REGIONS || shape.region_size > REGION_MAX ||
	    shape.region_size < LOG_RECORD_HEADER)
		return -EINVAL;
	*ret = shape;
	return 0;
}

uint64_t log_shape_start(const struct log_shape *shape, uint64_t lap)
{
	return LOG_FILE_HEADER + lap % shape->n_regions * shape->region_size;
}
