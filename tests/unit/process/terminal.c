/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static void open_pair(int *ret_master, int *ret_slave)
{
	struct error err = { 0 };
	auto_close int devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (devpts < 0)
		test_skip("no /dev/pts here");
	check_ok(terminal_open_pair(devpts, ret_master, ret_slave, &err), &err);
}

TEST(a_pair_is_two_ends_of_one_terminal)
{
	int master, slave;
	char got[8] = "";

	open_pair(&master, &slave);
	check_true(isatty(slave));
	check_true(fcntl(master, F_GETFD) & FD_CLOEXEC);
	check_true(fcntl(slave, F_GETFD) & FD_CLOEXEC);
	check_int((int)write(slave, "hi", 2), 2);
	check_int((int)read(master, got, sizeof(got)), 2);
	check_text(got, "hi");
}

TEST(a_folder_without_ptmx_is_an_error)
{
	struct error err = { 0 };
	auto_close int folder = open("/proc/self/fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int master = 12345, slave = 12345;

	check_int(terminal_open_pair(folder, &master, &slave, &err), -ENOENT);
	check_text(err.text, "opening a pseudo terminal: No such file or directory");
	check_int(master, 12345);
	check_int(slave, 12345);
}

TEST(a_child_gets_the_terminal_as_its_own)
{
	struct error err = { 0 };
	int master, slave, wait_status = -1;
	pid_t pid;

	open_pair(&master, &slave);
	pid = fork();
	if (pid == 0) {
		if (terminal_become_controlling(slave, &err) < 0)
			_exit(1);
		_exit(!isatty(0) || !isatty(1) || !isatty(2) || tcgetsid(0) != getpid() ||
		      fcntl(0, F_GETFD) != 0);
	}
	check_int(waitpid(pid, &wait_status, 0), pid);
	check_int(wait_status, 0);
}

TEST(ctrl_c_reaches_the_child_as_sigint)
{
	struct error err = { 0 };
	int master, slave, wait_status = -1;
	char ready = 0;
	pid_t pid;

	open_pair(&master, &slave);
	pid = fork();
	if (pid == 0) {
		(void)!terminal_become_controlling(slave, &err);
		(void)signal(SIGINT, SIG_DFL); /* the runner has its own */
		(void)!write(1, "r", 1);
		for (;;)
			(void)pause();
	}
	check_int((int)read(master, &ready, 1), 1);
	check_int((int)write(master, "\x03", 1), 1);
	check_int(waitpid(pid, &wait_status, 0), pid);
	check_true(WIFSIGNALED(wait_status));
	check_int(WTERMSIG(wait_status), SIGINT);
}

TEST(the_window_size_is_copied)
{
	struct error err = { 0 };
	struct winsize size = { .ws_row = 33, .ws_col = 111 }, got = { 0 };
	int master, slave, outer_master, outer_slave, ends[2];

	open_pair(&master, &slave);
	check_int(openpty(&outer_master, &outer_slave, NULL, NULL, &size), 0);
	check_ok(terminal_copy_size(outer_slave, master, &err), &err);
	check_int(ioctl(slave, TIOCGWINSZ, &got), 0);
	check_int(got.ws_row, 33);
	check_int(got.ws_col, 111);
	check_int(pipe(ends), 0);
	check_int(terminal_copy_size(ends[0], master, &err), 0);
	check_int(terminal_copy_size(outer_slave, ends[0], &err), -ENOTTY);
}

static tcflag_t local_flags(int fd)
{
	struct termios mode;

	check_int(tcgetattr(fd, &mode), 0);
	return mode.c_lflag;
}

TEST(raw_mode_is_undone_with_its_scope)
{
	struct error err = { 0 };
	int master, slave;
	tcflag_t before;

	check_int(openpty(&master, &slave, NULL, NULL, NULL), 0);
	before = local_flags(slave);
	check_true(before & ICANON);
	{
		auto_terminal_mode struct terminal_mode mode = { 0 };

		check_ok(terminal_set_raw(slave, &mode, &err), &err);
		check_int(local_flags(slave) & (ICANON | ECHO | ISIG), 0);
	}
	check_uint(local_flags(slave), before);
}

TEST(raw_mode_of_what_is_no_terminal_is_an_error)
{
	struct error err = { 0 };
	struct terminal_mode mode = { 0 };
	int ends[2];

	check_int(pipe(ends), 0);
	check_int(terminal_set_raw(ends[0], &mode, &err), -ENOTTY);
	check_true(!mode.changed);
	terminal_restore(&mode);
}
