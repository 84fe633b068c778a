/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/terminal_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/process/terminal.h"
#include "tests/unit/test.h"

/* The caller's side is two pipes, the app's side a real pty. */
struct fixture {
	struct poll_set set;
	struct terminal_relay relay;
	int keyboard; /* what is written here is typed */
	int screen;   /* what is shown, non-blocking */
	int slave;
};

static void set_up(struct fixture *f)
{
	struct error err = { 0 };
	int in[2], out[2], master;

	(void)signal(SIGPIPE, SIG_IGN);
	*f = (struct fixture){ 0 };
	check_int(pipe2(in, O_CLOEXEC), 0);
	check_int(pipe2(out, O_CLOEXEC), 0);
	check_int(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	check_int(openpty(&master, &f->slave, NULL, NULL, NULL), 0);
	f->keyboard = in[1];
	f->screen = out[0];
	check_ok(terminal_relay_start(&f->relay, &f->set, in[0], out[1], master, &err), &err);
}

static void serve(struct fixture *f, int timeout_ms)
{
	struct error err = { 0 };
	int r;

	while ((r = poll_set_wait(&f->set, timeout_ms, &err)) == 1)
		;
	check_ok(r, &err);
}

static void collect(struct fixture *f, struct text *text)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(f->screen, buffer, sizeof(buffer))) > 0)
		check_int(text_append_bytes(text, buffer, (size_t)n), 0);
}

static void set_raw_without_echo(int slave)
{
	struct error err = { 0 };
	struct terminal_mode mode = { 0 };

	check_ok(terminal_set_raw(slave, &mode, &err), &err);
}

TEST(bytes_go_both_ways)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	char typed[16] = "";

	set_up(&f);
	set_raw_without_echo(f.slave);
	check_int((int)write(f.keyboard, "ls\x03\x1b", 4), 4);
	serve(&f, 20);
	check_int((int)read(f.slave, typed, sizeof(typed)), 4);
	check_text(typed, "ls\x03\x1b");
	check_int((int)write(f.slave, "\x1b[1mok", 6), 6);
	serve(&f, 20);
	collect(&f, &got);
	check_text(text_string(&got), "\x1b[1mok");
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}

TEST(the_end_of_the_input_is_an_end_of_file_for_the_app)
{
	struct fixture f;
	char typed[16] = "";

	set_up(&f);
	check_int((int)write(f.keyboard, "one\n", 4), 4);
	check_int(close(f.keyboard), 0);
	serve(&f, 20);
	check_int((int)read(f.slave, typed, sizeof(typed)), 4);
	check_int((int)read(f.slave, typed, sizeof(typed)), 0);
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}

TEST(a_hang_up_ends_the_relay_after_its_last_output)
{
	struct fixture f;
	auto_text struct text got = { 0 };

	set_up(&f);
	check_int((int)write(f.slave, "bye", 3), 3);
	check_true(!terminal_relay_has_ended(&f.relay));
	check_int(close(f.slave), 0);
	serve(&f, 20);
	check_true(terminal_relay_has_ended(&f.relay));
	collect(&f, &got);
	check_text(text_string(&got), "bye");
	serve(&f, 0); /* and no busy loop */
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}

TEST(a_flood_with_a_slow_screen_loses_nothing)
{
	struct fixture f;
	auto_text struct text got = { 0 };
	struct error err = { 0 };
	const size_t length = (size_t)1 << 20;
	pid_t pid;

	set_up(&f);
	set_raw_without_echo(f.slave);
	pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < length; i += 1024) {
			char block[1024];

			memset(block, 'k', sizeof(block));
			if (write(f.slave, block, sizeof(block)) != (ssize_t)sizeof(block))
				_exit(1);
		}
		_exit(0);
	}
	check_int(close(f.slave), 0);
	for (int i = 0; i < 50; i++) /* nobody looks at the screen */
		check_ok(poll_set_wait(&f.set, 1, &err), &err);
	check_int(waitpid(pid, NULL, WNOHANG), 0);
	while (!terminal_relay_has_ended(&f.relay)) {
		check_ok(poll_set_wait(&f.set, 1000, &err), &err);
		collect(&f, &got);
	}
	collect(&f, &got);
	check_uint(got.length, length);
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}

TEST(an_app_that_reads_slowly_gets_all_that_was_typed)
{
	struct fixture f;
	char block[4096], got[4096];
	struct error err = { 0 };
	size_t total = 0;
	ssize_t n;

	set_up(&f);
	set_raw_without_echo(f.slave);
	check_int(fcntl(f.slave, F_SETFL, O_NONBLOCK), 0);
	memset(block, 't', sizeof(block));
	for (int i = 0; i < 10; i++)
		check_int((int)write(f.keyboard, block, sizeof(block)), (int)sizeof(block));
	serve(&f, 0); /* as far as it goes while nobody reads */
	while (total < 10 * sizeof(block)) {
		n = read(f.slave, got, 1000);
		if (n > 0)
			total += (size_t)n;
		else
			check_int(poll_set_wait(&f.set, 5000, &err), 1);
	}
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}

TEST(draining_shows_the_rest_although_a_grandchild_holds_the_terminal)
{
	struct fixture f;
	auto_text struct text got = { 0 };

	set_up(&f);
	check_int((int)write(f.slave, "rest", 4), 4); /* and f.slave stays open */
	check_int(terminal_relay_drain(&f.relay, -1), 0);
	collect(&f, &got);
	check_text(text_string(&got), "rest");
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}

TEST(draining_to_a_stuck_screen_times_out)
{
	struct fixture f;
	char block[4096];

	set_up(&f);
	set_raw_without_echo(f.slave);
	memset(block, 'k', sizeof(block));
	check_int(fcntl(f.slave, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 100; i++) {
		(void)!write(f.slave, block, sizeof(block));
		serve(&f, 0);
	}
	check_int(terminal_relay_drain(&f.relay, 30), -ETIMEDOUT);
	terminal_relay_stop(&f.relay);
	poll_set_release(&f.set);
}
