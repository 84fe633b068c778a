/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/log/log_reader.h"
#include "tests/unit/test.h"

struct fixture {
	int dir_fd;
	struct plan_app apps[2];
	struct plan plan;
	struct log_writer writer;
	struct guest_log log;
	struct error err;
};

static void open_log(struct fixture *f)
{
	static const char *const names[] = { "web", "db" };

	f->plan = (struct plan){ .apps = f->apps, .n_apps = 2 };
	check_ok(log_writer_open(
		     f->dir_fd,
		     &(const struct log_options){ .size = 1 << 20, .names = names, .n_names = 2 },
		     &f->writer, &f->err),
		 &f->err);
	f->log = (struct guest_log){ .log = &f->writer, .plan = &f->plan };
}

static void set_up(struct fixture *f)
{
	char path[] = "/tmp/guest-log-XXXXXX";

	*f = (struct fixture){ .apps = { { .name = "web" }, { .name = "db" } } };
	test_make_directory(path);
	f->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	open_log(f);
}

/* "web1:text|db2:text|…": all that was kept, neighbours of one origin as one. */
static void read_all(struct fixture *f, struct text *ret)
{
	auto_log_reader struct log_reader reader = LOG_READER_NONE;
	struct log_record record;
	int last = -1;

	check_ok(log_reader_open(f->dir_fd, &reader, &f->err), &f->err);
	while (log_reader_next(&reader, &record, &f->err) == 1) {
		const char *app = log_reader_app(&reader, record.app);
		int origin = record.app * LOG_STREAMS + (int)record.stream;

		if (origin != last)
			(void)text_printf(ret, "%s%s%d:", last == -1 ? "" : "|",
					  app != NULL ? app : "-", (int)record.stream);
		(void)text_append_bytes(ret, record.data, record.length);
		last = origin;
	}
	log_writer_release(&f->writer);
	check_int(unlinkat(f->dir_fd, LOG_FILE, 0), 0);
}

static void take(struct fixture *f, size_t index, const char *data)
{
	guest_log_take(&f->log, index, data, strlen(data));
}

TEST(marks_come_off_and_say_whose_a_line_is)
{
	auto_text struct text all = { 0 };
	struct fixture f;

	set_up(&f);
	take(&f, 0, "[    1.000001] web[3]: one\n[    1.000002] db[4]: two\n");
	take(&f, 1, "[    1.000003] web[3]: three\n");
	read_all(&f, &all);
	check_text(text_string(&all), "web1:one\n|db1:two\n|web2:three\n");
}

TEST(it_does_not_matter_where_the_bytes_are_cut)
{
	static const char output[] =
	    "[    1.000001] web[3]: a [1.2] b[3]: c\n[12345.000002] db[4]: \n";

	struct fixture f;

	set_up(&f);
	for (size_t cut = 0; cut < sizeof(output); cut++) {
		auto_text struct text all = { 0 };

		guest_log_take(&f.log, 0, output, cut);
		guest_log_take(&f.log, 0, output + cut, sizeof(output) - 1 - cut);
		read_all(&f, &all);
		check_text(text_string(&all), "web1:a [1.2] b[3]: c\n|db1:\n");
		log_writer_release(&f.writer);
		open_log(&f);
	}
	log_writer_release(&f.writer);
}

TEST(a_line_of_nobody_is_a_notice)
{
	auto_text struct text all = { 0 };
	struct fixture f;

	set_up(&f);
	take(&f, 1, "stage1-kvm: app web: no such program\n");
	take(&f, 1, "[    1.000001] other[3]: forged\n");
	take(&f, 1, "\n[]: \n");
	read_all(&f, &all);
	check_text(text_string(&all), "-3:stage1-kvm: app web: no such program\n"
				      "[    1.000001] other[3]: forged\n\n[]: \n");
}

TEST(a_mark_without_end_takes_no_memory)
{
	auto_text struct text all = { 0 };
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < 4 * GUEST_LOG_MARK_MAX; i++)
		take(&f, 0, "[");
	take(&f, 0, "\n[    1.000001] web[3]: after\n");
	read_all(&f, &all);
	check_uint(all.length, strlen("-3:\n|web1:after\n") + 4 * GUEST_LOG_MARK_MAX);
}

TEST(pieces_of_a_long_line_are_put_together)
{
	static char piece[LOG_RELAY_PIECE + 1];
	auto_text struct text all = { 0 };
	struct fixture f;

	set_up(&f);
	memset(piece, 'x', LOG_RELAY_PIECE);
	for (size_t i = 0; i < 2; i++) {
		take(&f, 0, "[    1.000001] web[3]: ");
		take(&f, 0, piece);
		take(&f, 0, "\n");
	}
	take(&f, 0, "[    1.000001] web[3]: end\n");
	read_all(&f, &all);
	check_uint(all.length, strlen("web1:") + 2 * LOG_RELAY_PIECE + strlen("end\n"));
	check_true(strchr(text_string(&all), '\n') == all.data + all.length - 1);
}
