/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_record.h - how what the apps of a pod print lies in the pod's log.
 *
 * The log is one file, `log` in the pod directory: a header, then a ring of
 * regions of one size.  A region begins with a record of its own (which lap it is, the
 * names of the apps) and holds data records one behind the other: a piece of what an app printed,
 * as it came out of its pipe, with the time.  When the last region is full, the first is emptied
 * and written anew, so the file never takes more than was allowed.
 *
 *   file     magic, size of a region, number of regions, sum
 *   record   magic u32, sum u32, length u32, app u16, stream u8, 0 u8, time u64, data
 *
 * All numbers are little-endian.  The sum covers what follows it and the number of the region's
 * lap: a record that was cut off, damaged, or is left over from an earlier lap is not one.
 *
 * Units:      times in nanoseconds since the epoch, lengths in bytes.
 * Trust:      the apps decide what the data is; everything else is checked when it is read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FILE          "log"
#define LOG_FILE_HEADER   64
#define LOG_RECORD_HEADER 24
#define LOG_RECORD_MAX    ((size_t)64 << 10) /* data of one record */
#define LOG_REGIONS       4
#define LOG_APP_NONE      UINT16_MAX /* the pod as a whole */

enum log_stream {
	LOG_REGION, /* data: u64 number of the lap, then the apps' names, each with its NUL */
	LOG_STDOUT,
	LOG_STDERR,
	LOG_NOTICE, /* what the isolator has to say of an app or the pod */
	LOG_LOST,   /* data: u64 bytes of output that could not be kept before this */
	LOG_STREAMS,
};

struct log_record {
	enum log_stream stream;
	uint16_t app; /* index in the plan */
	uint64_t time_ns;
	const char *data;
	size_t length;
};

/* Where the regions are. */
struct log_shape {
	uint64_t region_size;
	uint32_t n_regions;
};

/* The header of a record in the lap of this number; data must be what will follow it. */
void log_record_head(const struct log_record *record, uint64_t lap,
		     unsigned char head[LOG_RECORD_HEADER]);

/*
 * Looks at length bytes: the record that they begin with (its size with its header; *ret points
 * into them), 0: not whole, or -EINVAL: no record of this lap begins here.
 */
long log_record_read(const unsigned char *bytes, size_t length, uint64_t lap,
		     struct log_record *ret);

/* Whether a record could begin here: for finding the next one behind a damaged one. */
bool log_record_may_begin(const unsigned char *bytes);

/* A region's own record is of no lap: its number is in it. */
#define LOG_LAP_NONE UINT64_MAX

void log_shape_write(const struct log_shape *shape, unsigned char head[LOG_FILE_HEADER]);

/* 0, or -EINVAL: not a log. */
int log_shape_read(const unsigned char head[LOG_FILE_HEADER], struct log_shape *ret);

/* Where the region of a lap begins in the file. */
uint64_t log_shape_start(const struct log_shape *shape, uint64_t lap);

uint64_t log_get_u64(const unsigned char *at);
void log_put_u64(unsigned char *at, uint64_t value);
