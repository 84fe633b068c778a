/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/log_relay.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "tests/unit/test.h"

/* One sink into a pipe, one relay out of a pipe. */
struct fixture {
	struct poll_set set;
	struct log_sink sink;
	struct log_relay *relay;
	int app;    /* the app's end */
	int reader; /* the reader's end, non-blocking */
};

static void add_relay(struct fixture *f, const char *name, int pid, struct log_relay **ret_relay,
		      int *ret_app)
{
	struct error err = { 0 };
	int ends[2];

	check_int(pipe2(ends, O_CLOEXEC), 0);
	check_ok(log_relay_start_take(&f->sink, &ends[0], name, pid, ret_relay, &err), &err);
	check_int(ends[0], FD_NONE);
	*ret_app = ends[1];
}

static void set_up(struct fixture *f)
{
	struct error err = { 0 };
	int ends[2];

	(void)signal(SIGPIPE, SIG_IGN);
	*f = (struct fixture){ 0 };
	check_int(pipe2(ends, O_CLOEXEC), 0);
	check_int(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	f->reader = ends[0];
	check_ok(log_sink_init(&f->sink, ends[1], &f->set, &err), &err);
	add_relay(f, "app", 5, &f->relay, &f->app);
}

static void tear_down(struct fixture *f)
{
	log_relay_stop(&f->relay);
	log_sink_release(&f->sink);
	poll_set_release(&f->set);
}

static void say(int fd, const char *text)
{
	check_int((int)write(fd, text, strlen(text)), (int)strlen(text));
}

/* Serves the poll set until nothing happens. */
static void serve(struct fixture *f)
{
	struct error err = { 0 };
	int r;

	while ((r = poll_set_wait(&f->set, 0, &err)) == 1)
		;
	check_ok(r, &err);
}

static void collect(struct fixture *f, struct text *text)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(f->reader, buffer, sizeof(buffer))) > 0)
		check_int(text_append_bytes(text, buffer, (size_t)n), 0);
}

/* Takes "[ 1234.567890] " off the beginning of a line. */
static const char *skip_time(const char *line)
{
	check_int(line[0], '[');
	for (line++; *line == ' '; line++)
		;
	check_true(isdigit(*line));
	while (isdigit(*line))
		line++;
	check_int(*line++, '.');
	for (int i = 0; i < 6; i++)
		check_true(isdigit(line[i]));
	check_int(strncmp(line + 6, "] ", 2), 0);
	return line + 8;
}

TEST(each_line_is_marked_with_time_name_and_pid)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	const char *second;

	set_up(&f);
	say(f.app, "one\ntwo\n");
	serve(&f);
	collect(&f, &got);
	check_int(strncmp(skip_time(text_string(&got)), "app[5]: one\n", 12), 0);
	second = strchr(text_string(&got), '\n') + 1;
	check_text(skip_time(second), "app[5]: two\n");
	tear_down(&f);
}

TEST(an_unfinished_line_waits_for_its_rest)
{
	struct fixture f;
	auto_text struct text got = { 0 };

	set_up(&f);
	say(f.app, "wor");
	serve(&f);
	collect(&f, &got);
	check_text(text_string(&got), "");
	log_relay_set_pid(f.relay, 7);
	say(f.app, "king\n");
	serve(&f);
	collect(&f, &got);
	check_text(skip_time(text_string(&got)), "app[7]: working\n");
	tear_down(&f);
}

TEST(a_last_line_without_newline_comes_out_at_the_end)
{
	struct fixture f;
	auto_text struct text got = { 0 };

	set_up(&f);
	say(f.app, "no newline");
	check_int(close(f.app), 0);
	check_true(!log_relay_has_ended(f.relay));
	serve(&f);
	check_true(log_relay_has_ended(f.relay));
	collect(&f, &got);
	check_text(skip_time(text_string(&got)), "app[5]: no newline\n");
	tear_down(&f);
}

TEST(bytes_are_passed_as_they_are)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	static const char odd[] = "\0\x1b[31m\xff\r";

	set_up(&f);
	check_int((int)write(f.app, odd, sizeof(odd) - 1), (int)sizeof(odd) - 1);
	say(f.app, "\n\n");
	serve(&f);
	collect(&f, &got);
	check_int(memcmp(skip_time(text_string(&got)) + 8, odd, sizeof(odd) - 1), 0);
	check_contains(got.data + got.length - 10, "app[5]: \n");
	tear_down(&f);
}

static size_t count(const struct text *text, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < text->length; i++)
		n += text->data[i] == c;
	return n;
}

TEST(a_very_long_line_comes_out_in_pieces)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	const size_t length = 3 * LOG_RELAY_PIECE;
	char *line = malloc(length + 1);

	set_up(&f);
	memset(line, 'x', length);
	line[length] = '\n';
	for (size_t done = 0; done <= length; done += 4096) {
		size_t part = length + 1 - done < 4096 ? length + 1 - done : 4096;

		check_int((int)write(f.app, line + done, part), (int)part);
		serve(&f);
		collect(&f, &got);
	}
	check_uint(count(&got, 'x'), length);
	check_uint(count(&got, '\n'), 3);
	free(line);
	tear_down(&f);
}

/* An app that writes bytes bytes of 'y', with newlines, and exits. */
static pid_t start_flood(int fd, size_t bytes, size_t line_length)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (size_t i = 0; i < bytes; i++)
		if (write(fd, (i + 1) % line_length == 0 ? "\n" : "y", 1) != 1)
			_exit(1);
	_exit(0);
}

TEST(a_flood_loses_nothing)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	struct error err = { 0 };

	set_up(&f);
	(void)start_flood(f.app, (size_t)1 << 20, 64);
	check_int(close(f.app), 0);
	while (!log_relay_has_ended(f.relay) || !log_sink_is_empty(&f.sink)) {
		check_ok(poll_set_wait(&f.set, 1000, &err), &err);
		collect(&f, &got);
	}
	collect(&f, &got);
	check_uint(count(&got, 'y'), ((size_t)1 << 20) / 64 * 63);
	check_uint(count(&got, '\n'), ((size_t)1 << 20) / 64);
	tear_down(&f);
}

TEST(a_slow_reader_stops_the_app_and_memory_stays_flat)
{
	struct fixture f;
	size_t used;
	pid_t pid;

	set_up(&f);
	pid = start_flood(f.app, (size_t)8 << 20, 100);
	for (int i = 0; i < 100; i++) {
		serve(&f);
		(void)usleep(1000);
	}
	used = mallinfo2().uordblks + mallinfo2().hblkhd;
	ck_assert_msg(used < (size_t)512 << 10, "%zu bytes", used);
	check_int(waitpid(pid, NULL, WNOHANG), 0); /* it is blocked, not dead */
	check_true(!log_sink_is_empty(&f.sink));
	check_int(kill(pid, SIGKILL), 0);
	tear_down(&f);
}

TEST(a_reader_that_wakes_up_late_gets_everything)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	struct error err = { 0 };

	set_up(&f);
	(void)start_flood(f.app, 500000, 100);
	check_int(close(f.app), 0);
	while (poll_set_wait(&f.set, 200, &err) == 1)
		; /* until everything is full */
	check_true(!log_sink_is_empty(&f.sink));
	while (!log_relay_has_ended(f.relay) || !log_sink_is_empty(&f.sink)) {
		collect(&f, &got);
		check_int(poll_set_wait(&f.set, 5000, &err), 1);
	}
	collect(&f, &got);
	check_uint(count(&got, 'y'), 500000 / 100 * 99);
	tear_down(&f);
}

TEST(a_reader_that_goes_away_does_not_stop_the_app)
{
	struct fixture f;
	struct error err = { 0 };
	int wait_status = -1;
	pid_t pid;

	set_up(&f);
	check_int(close(f.reader), 0);
	pid = start_flood(f.app, (size_t)1 << 20, 64);
	check_int(close(f.app), 0);
	while (!log_relay_has_ended(f.relay))
		check_ok(poll_set_wait(&f.set, 1000, &err), &err);
	check_int(waitpid(pid, &wait_status, 0), pid);
	check_int(wait_status, 0);
	check_true(log_sink_is_empty(&f.sink));
	tear_down(&f);
}

TEST(lines_of_two_apps_do_not_mix)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	struct error err = { 0 };
	struct log_relay *other = NULL;
	size_t lines = 0;
	int app;

	set_up(&f);
	add_relay(&f, "other", 6, &other, &app);
	(void)start_flood(f.app, 200000, 50);
	(void)start_flood(app, 200000, 50);
	check_int(close(f.app), 0);
	check_int(close(app), 0);
	while (!log_relay_has_ended(f.relay) || !log_relay_has_ended(other) ||
	       !log_sink_is_empty(&f.sink)) {
		check_ok(poll_set_wait(&f.set, 1000, &err), &err);
		collect(&f, &got);
	}
	collect(&f, &got);
	for (char *line = got.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char *rest = skip_time(line);
		const char *mark = rest[0] == 'a' ? "app[5]: " : "other[6]: ";

		check_int(strncmp(rest, mark, strlen(mark)), 0);
		check_int((int)(end - (rest + strlen(mark))), 49);
		lines++;
	}
	check_uint(lines, 2 * 200000 / 50);
	log_relay_stop(&other);
	tear_down(&f);
}

TEST(a_surviving_grandchild_does_not_hang_the_end)
{
	struct fixture f;
	auto_text struct text got = { 0 };

	set_up(&f);
	say(f.app, "last words"); /* and f.app stays open */
	check_int(log_relay_drain(f.relay, -1), 0);
	check_true(log_relay_has_ended(f.relay));
	check_int(log_sink_flush(&f.sink, -1), 0);
	collect(&f, &got);
	check_text(skip_time(text_string(&got)), "app[5]: last words\n");
	tear_down(&f);
}

TEST(finishing_ends_with_what_was_there)
{
	struct fixture f;
	auto_text struct text got = { 0 };

	set_up(&f);
	say(f.app, "before\n");
	log_relay_finish(f.relay);
	say(f.app, "after\n");
	serve(&f);
	check_true(log_relay_has_ended(f.relay));
	collect(&f, &got);
	check_text(skip_time(text_string(&got)), "app[5]: before\n");
	tear_down(&f);
}

TEST(draining_into_a_stuck_reader_times_out)
{
	struct fixture f;
	char line[1024];

	set_up(&f);
	memset(line, 'z', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	check_int(fcntl(f.app, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 1000; i++) {
		(void)!write(f.app, line, sizeof(line));
		serve(&f);
	}
	check_int(log_relay_drain(f.relay, 30), -ETIMEDOUT);
	check_int(log_sink_flush(&f.sink, 30), -ETIMEDOUT);
	tear_down(&f);
}
