/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/poll_set.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

struct listener {
	struct poll_set *set;
	int fd, other_fd; /* other_fd: removed by the callback, or FD_NONE */
	int calls;
	int result;
};

static int hear(short events, void *context, struct error *err)
{
	struct listener *listener = context;
	char byte;

	listener->calls++;
	if (events & POLLIN)
		(void)!read(listener->fd, &byte, 1);
	if (listener->other_fd >= 0)
		poll_set_remove(listener->set, listener->other_fd);
	if (listener->result < 0)
		return error_set(err, -listener->result, "hearing");
	return 0;
}

static void make(struct poll_set *set, struct listener *listener, int ends[2])
{
	struct error err = { 0 };

	check_int(pipe2(ends, O_NONBLOCK), 0);
	*listener = (struct listener){ .set = set, .fd = ends[0], .other_fd = FD_NONE };
	check_ok(poll_set_add(set, ends[0], POLLIN, hear, listener, &err), &err);
}

TEST(a_callback_hears_of_its_own_fd_only)
{
	struct error err = { 0 };
	auto_poll_set struct poll_set set = { 0 };
	struct listener first, second;
	int a[2], b[2];

	make(&set, &first, a);
	make(&set, &second, b);
	check_int(poll_set_wait(&set, 0, &err), 0);
	check_int((int)write(b[1], "x", 1), 1);
	check_int(poll_set_wait(&set, -1, &err), 1);
	check_int(first.calls, 0);
	check_int(second.calls, 1);
	check_int(poll_set_wait(&set, 5, &err), 0);
}

TEST(an_fd_can_be_hidden_and_shown_again_even_fd_0)
{
	struct error err = { 0 };
	auto_poll_set struct poll_set set = { 0 };
	struct listener listener = { .set = &set, .fd = 0, .other_fd = FD_NONE };
	int ends[2];

	check_int(pipe(ends), 0);
	check_int(dup2(ends[0], 0), 0);
	check_ok(poll_set_add(&set, 0, POLLIN, hear, &listener, &err), &err);
	check_int(close(ends[1]), 0); /* a hang-up, which poll(2) would always tell */
	poll_set_change(&set, 0, POLL_NOTHING);
	check_int(poll_set_wait(&set, 0, &err), 0);
	check_int(listener.calls, 0);
	poll_set_change(&set, 0, 0);
	check_int(poll_set_wait(&set, 0, &err), 1);
	check_int(listener.calls, 1);
}

TEST(an_entry_removed_by_an_earlier_callback_is_not_called)
{
	struct error err = { 0 };
	auto_poll_set struct poll_set set = { 0 };
	struct listener first, second;
	int a[2], b[2];

	make(&set, &first, a);
	make(&set, &second, b);
	first.other_fd = b[0];
	check_int((int)write(a[1], "x", 1), 1);
	check_int((int)write(b[1], "x", 1), 1);
	check_int(poll_set_wait(&set, 0, &err), 1);
	check_int(first.calls, 1);
	check_int(second.calls, 0);
	check_int(poll_set_wait(&set, 0, &err), 0);
	check_uint(set.n, 1);
}

TEST(an_fd_that_was_removed_can_be_added_again)
{
	struct error err = { 0 };
	auto_poll_set struct poll_set set = { 0 };
	struct listener listener;
	int ends[2];

	make(&set, &listener, ends);
	check_int(poll_set_add(&set, ends[0], POLLIN, hear, &listener, &err), -EEXIST);
	poll_set_remove(&set, ends[0]);
	poll_set_remove(&set, ends[0]);
	check_ok(poll_set_add(&set, ends[0], POLLIN, hear, &listener, &err), &err);
	check_int((int)write(ends[1], "x", 1), 1);
	check_int(poll_set_wait(&set, 0, &err), 1);
	check_int(listener.calls, 1);
}

TEST(a_callback_that_fails_ends_the_wait)
{
	struct error err = { 0 };
	auto_poll_set struct poll_set set = { 0 };
	struct listener listener;
	int ends[2];

	make(&set, &listener, ends);
	listener.result = -EIO;
	check_int((int)write(ends[1], "x", 1), 1);
	check_int(poll_set_wait(&set, 0, &err), -EIO);
	check_text(err.text, "hearing");
}

TEST(a_set_grows_to_its_cap_and_no_further)
{
	struct error err = { 0 };
	auto_poll_set struct poll_set set = { 0 };
	struct listener listener = { .other_fd = FD_NONE };
	int fd;

	for (fd = 0; fd < POLL_SET_MAX; fd++)
		check_int(poll_set_add(&set, fd, POLL_NOTHING, hear, &listener, &err), 0);
	check_int(poll_set_add(&set, fd, POLL_NOTHING, hear, &listener, &err), -ENOSPC);
	check_contains(err.text, "watching descriptor 4096: No space left");
	check_int(poll_set_wait(&set, 0, &err), 0);
	poll_set_remove(&set, 7);
	check_int(poll_set_wait(&set, 0, &err), 0);
	check_ok(poll_set_add(&set, fd, POLL_NOTHING, hear, &listener, &err), &err);
}
