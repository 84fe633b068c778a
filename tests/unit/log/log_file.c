/* SPDX-License-Identifier: Apache-2.0 */
/* Writer and reader of one log: what was put comes back, whatever happened to the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/log/log_reader.h"
#include "common/log/log_writer.h"
#include "tests/unit/test.h"

#define MIB ((uint64_t)1 << 20)

struct fixture {
	char path[64];
	int dir_fd;
	struct log_writer writer;
	struct log_reader reader;
	struct error err;
	bool is_mount; /* path */
};

static void open_writer(struct fixture *f, uint64_t size)
{
	static const char *const names[] = { "web", "db" };

	check_ok(log_writer_open(
		     f->dir_fd,
		     &(const struct log_options){ .size = size, .names = names, .n_names = 2 },
		     &f->writer, &f->err),
		 &f->err);
}

static void open_reader(struct fixture *f)
{
	log_reader_release(&f->reader);
	check_ok(log_reader_open(f->dir_fd, &f->reader, &f->err), &f->err);
}

static void set_up_at(struct fixture *f, const char *path)
{
	f->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(f->dir_fd >= 0);
	open_writer(f, MIB);
	open_reader(f);
}

static void set_up(struct fixture *f)
{
	*f = (struct fixture){ .reader = LOG_READER_NONE };
	(void)snprintf(f->path, sizeof(f->path), "/tmp/log-file-XXXXXX");
	test_make_directory(f->path);
	set_up_at(f, f->path);
}

static void tear_down(struct fixture *f)
{
	log_writer_release(&f->writer);
	log_reader_release(&f->reader);
	cleanup_close(&f->dir_fd);
	/* A directory that is mounted on could not be removed. */
	if (f->is_mount)
		check_int(umount2(f->path, 0), 0);
}

static void put(struct fixture *f, uint16_t app, const char *data, size_t length)
{
	log_writer_put(&f->writer,
		       &(const struct log_record){
			   .stream = LOG_STDOUT, .app = app, .data = data, .length = length });
}

static void put_number(struct fixture *f, unsigned number)
{
	char data[1000];

	memset(data, 'x', sizeof(data));
	(void)snprintf(data, sizeof(data), "%u", number);
	put(f, 0, data, sizeof(data));
}

/* Reads on: how many records, each with the next number; *next is the one to come. */
static unsigned read_numbers(struct fixture *f, unsigned *next)
{
	struct log_record record;
	unsigned n = 0;
	int r;

	while ((r = log_reader_next(&f->reader, &record, &f->err)) == 1) {
		check_uint(strtoul(record.data, NULL, 10), *next);
		++*next;
		n++;
	}
	check_ok(r, &f->err);
	return n;
}

TEST(an_empty_log_has_no_records_yet)
{
	struct log_record record;
	struct stat status;
	struct fixture f;

	set_up(&f);
	check_int(log_reader_next(&f.reader, &record, &f.err), 0);
	check_int(fstat(f.writer.fd, &status), 0);
	check_int((int)status.st_size, 0);
	put(&f, 0, "first\n", 6);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_int(log_reader_next(&f.reader, &record, &f.err), 0);
	tear_down(&f);
}

TEST(what_was_put_comes_back_in_order_with_its_app)
{
	struct log_record record;
	struct fixture f;

	set_up(&f);
	put(&f, 1, "of the second\n", 14);
	put(&f, 0, "of the first\n", 13);
	put(&f, LOG_APP_NONE, "of none\n", 8);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_text(log_reader_app(&f.reader, record.app), "db");
	check_uint(record.length, 14);
	check_true(record.time_ns > 1000000000);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_text(log_reader_app(&f.reader, record.app), "web");
	check_int(memcmp(record.data, "of the first\n", 13), 0);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_true(log_reader_app(&f.reader, record.app) == NULL);
	check_true(log_reader_app(&f.reader, 2) == NULL);
	check_int(log_reader_next(&f.reader, &record, &f.err), 0);
	tear_down(&f);
}

TEST(what_is_too_long_for_one_record_comes_back_in_several)
{
	static char data[3 * LOG_RECORD_MAX + 5];
	struct log_record record;
	size_t length = 0;
	struct fixture f;

	set_up(&f);
	memset(data, 'y', sizeof(data));
	put(&f, 0, data, sizeof(data));
	while (log_reader_next(&f.reader, &record, &f.err) == 1)
		length += record.length;
	check_uint(length, sizeof(data));
	tear_down(&f);
}

TEST(a_log_never_takes_more_than_it_may_and_keeps_the_newest)
{
	struct log_record record;
	struct stat status;
	struct fixture f;
	unsigned next;

	set_up(&f);
	for (unsigned i = 0; i < 5000; i++)
		put_number(&f, i);
	check_int(fstat(f.writer.fd, &status), 0);
	check_true((uint64_t)status.st_size <= MIB + LOG_FILE_HEADER);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	next = (unsigned)strtoul(record.data, NULL, 10) + 1;
	/* Three quarters are full at least. */
	check_true(next < 5000 - 3 * MIB / 4 / 1024 + 10);
	(void)read_numbers(&f, &next);
	check_uint(next, 5000);
	check_uint(f.reader.damaged_bytes, 0);
	check_true(!f.reader.overtaken);
	tear_down(&f);
}

TEST(a_reader_that_follows_sees_all_through_many_laps)
{
	struct fixture f;
	unsigned next = 0;

	set_up(&f);
	for (unsigned i = 0; i < 6000; i++) {
		put_number(&f, i);
		if (i % 7 == 0)
			(void)read_numbers(&f, &next);
	}
	(void)read_numbers(&f, &next);
	check_uint(next, 6000);
	check_true(!f.reader.overtaken);
	check_uint(f.reader.damaged_bytes, 0);
	tear_down(&f);
}

TEST(a_reader_that_is_overtaken_says_so_and_goes_on)
{
	struct log_record record;
	struct fixture f;
	unsigned next = 0;

	set_up(&f);
	put_number(&f, 0);
	check_uint(read_numbers(&f, &next), 1);
	for (unsigned i = 1; i < 4000; i++)
		put_number(&f, i);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_true(f.reader.overtaken);
	next = (unsigned)strtoul(record.data, NULL, 10) + 1;
	check_true(next > 100);
	(void)read_numbers(&f, &next);
	check_uint(next, 4000);
	tear_down(&f);
}

TEST(a_log_is_gone_on_with_by_the_next_run)
{
	struct fixture f;
	unsigned next = 0;

	set_up(&f);
	put_number(&f, 0);
	log_writer_release(&f.writer);
	open_writer(&f, MIB);
	put_number(&f, 1);
	log_writer_release(&f.writer);
	open_writer(&f, 2 * MIB); /* the shape is the file's */
	put_number(&f, 2);
	check_uint(read_numbers(&f, &next), 3);
	tear_down(&f);
}

TEST(a_torn_record_at_the_end_is_recognised)
{
	struct fixture f;
	unsigned next = 0;

	set_up(&f);
	for (unsigned i = 0; i < 3; i++)
		put_number(&f, i);
	check_int(ftruncate(f.writer.fd, (off_t)(LOG_FILE_HEADER + f.writer.offset - 100)), 0);
	check_uint(read_numbers(&f, &next), 2);
	check_uint(f.reader.damaged_bytes, 0); /* it may be on its way */
	log_reader_finish(&f.reader);
	check_uint(read_numbers(&f, &next), 0);
	check_uint(f.reader.damaged_bytes, LOG_RECORD_HEADER + 1000 - 100);
	tear_down(&f);
}

TEST(a_torn_record_is_followed_by_what_the_next_run_prints)
{
	struct fixture f;
	unsigned next = 0;

	set_up(&f);
	put_number(&f, 0);
	put_number(&f, 1);
	check_int(ftruncate(f.writer.fd, (off_t)(LOG_FILE_HEADER + f.writer.offset - 5)), 0);
	log_writer_release(&f.writer);
	open_writer(&f, MIB);
	put_number(&f, 1);
	check_uint(read_numbers(&f, &next), 2);
	check_uint(f.reader.damaged_bytes, LOG_RECORD_HEADER + 1000 - 5);
	tear_down(&f);
}

TEST(a_damaged_record_costs_nothing_but_itself)
{
	struct log_record record;
	struct fixture f;
	uint64_t second;

	set_up(&f);
	put_number(&f, 0);
	second = LOG_FILE_HEADER + f.writer.offset;
	put_number(&f, 1);
	put_number(&f, 2);
	check_int((int)pwrite(f.writer.fd, "?", 1, (off_t)(second + 50)), 1);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_text(record.data, "2");
	check_uint(f.reader.damaged_bytes, LOG_RECORD_HEADER + 1000);
	check_int(log_reader_next(&f.reader, &record, &f.err), 0);
	tear_down(&f);
}

TEST(what_is_no_log_is_refused_by_the_reader_and_replaced_by_the_writer)
{
	struct log_record record;
	struct fixture f;
	unsigned next = 0;

	set_up(&f);
	check_int((int)pwrite(f.writer.fd,
			      "this is no log at all, but it is long enough to look like one", 60,
			      0),
		  60);
	check_int(ftruncate(f.writer.fd, 100), 0);
	check_int(log_reader_next(&f.reader, &record, &f.err), -EINVAL);
	check_contains(f.err.text, "damaged");
	log_writer_release(&f.writer);
	open_writer(&f, MIB);
	put_number(&f, 0);
	error_clear(&f.err);
	open_reader(&f);
	check_uint(read_numbers(&f, &next), 1);
	tear_down(&f);
}

static void mount_small_disk(struct fixture *f)
{
	test_enter_mount_namespace();
	*f = (struct fixture){ .reader = LOG_READER_NONE };
	(void)snprintf(f->path, sizeof(f->path), "/tmp/log-file-XXXXXX");
	test_make_directory(f->path);
	check_int(mount("none", f->path, "tmpfs", 0, "size=256k"), 0);
	f->is_mount = true;
	set_up_at(f, f->path);
}

TEST(a_full_disk_loses_output_counts_it_and_hurts_nobody)
{
	struct log_record record = { 0 };
	uint64_t lost = 0;
	struct fixture f;
	unsigned kept = 0;

	mount_small_disk(&f);
	for (unsigned i = 0; i < 1000; i++)
		put_number(&f, i);
	while (log_reader_next(&f.reader, &record, &f.err) == 1)
		kept++;
	check_true(kept > 100 && kept < 300);
	check_uint(f.writer.lost_bytes, (uint64_t)(1000 - kept) * 1000);

	/* There is room again: the count comes first, then what is put. */
	check_int(mount("none", f.path, NULL, MS_REMOUNT, "size=1m"), 0);
	lost = f.writer.lost_bytes;
	put(&f, 0, "again\n", 6);
	error_clear(&f.err);
	check_ok(log_writer_settle(&f.writer, &f.err), &f.err);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_int(record.stream, LOG_LOST);
	check_uint(log_get_u64((const unsigned char *)record.data), lost);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_int(memcmp(record.data, "again\n", 6), 0);
	check_uint(f.reader.damaged_bytes, 0);
	tear_down(&f);
}

TEST(a_disk_that_is_full_at_the_start_is_written_once_it_has_room)
{
	struct log_record record;
	struct fixture f;
	char block[4096];
	int fill;

	mount_small_disk(&f);
	memset(block, 1, sizeof(block));
	fill = openat(f.dir_fd, "other", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fill, block, sizeof(block)) > 0)
		;
	put(&f, 0, "lost\n", 5);
	check_int(log_writer_settle(&f.writer, &f.err), -ENOSPC);
	check_contains(f.err.text, "5 bytes of the apps' output are not in the log: No space");
	error_clear(&f.err);
	check_int(ftruncate(fill, 0), 0);
	cleanup_close(&fill);
	put(&f, 0, "kept\n", 5);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_int(record.stream, LOG_LOST);
	check_int(log_reader_next(&f.reader, &record, &f.err), 1);
	check_int(memcmp(record.data, "kept\n", 5), 0);
	tear_down(&f);
}
