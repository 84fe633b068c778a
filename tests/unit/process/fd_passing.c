/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/fd_passing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

TEST(a_descriptor_crosses_to_another_process)
{
	struct error err = { 0 };
	int ends[2], data[2], got = FD_NONE;
	char byte = 0;
	pid_t pid;

	check_ok(fd_passing_open(ends, &err), &err);
	pid = fork();
	if (pid == 0) {
		(void)!pipe(data);
		(void)!write(data[1], "x", 1);
		_exit(fd_send(ends[1], data[0], &err) < 0);
	}
	check_ok(fd_receive(ends[0], &got, &err), &err);
	check_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
	check_int((int)read(got, &byte, 1), 1);
	check_int(byte, 'x');
}

TEST(a_sender_that_has_gone_is_told)
{
	struct error err = { 0 };
	int ends[2], got = 12345;

	check_ok(fd_passing_open(ends, &err), &err);
	check_int(close(ends[1]), 0);
	check_int(fd_receive(ends[0], &got, &err), -EPIPE);
	check_contains(err.text, "the sender has gone");
	check_int(got, 12345);
	check_int(fd_send(ends[0], 0, &err), -EPIPE);
}

TEST(a_message_without_a_descriptor_is_refused)
{
	struct error err = { 0 };
	int ends[2], got = 12345;

	check_ok(fd_passing_open(ends, &err), &err);
	check_int((int)send(ends[1], "x", 1, 0), 1);
	check_int(fd_receive(ends[0], &got, &err), -EPROTO);
	check_int(got, 12345);
}
