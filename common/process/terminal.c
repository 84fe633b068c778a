/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/cleanup.h"

int terminal_open_pair(int devpts_fd, int *ret_master, int *ret_slave, struct error *err)
{
	auto_close int master = openat(devpts_fd, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave, unlock = 0;

	if (master < 0)
		return error_from_errno(err, "opening a pseudo terminal");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_from_errno(err, "unlocking a pseudo terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return error_from_errno(err, "opening a pseudo terminal's slave");
	*ret_master = take_fd(&master);
	*ret_slave = slave;
	return 0;
}

/* Makes fd number target a copy that survives execve(). */
static int put_at(int fd, int target)
{
	if (fd == target)
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, target);
}

int terminal_become_controlling(int slave, struct error *err)
{
	if (setsid() < 0)
		return error_from_errno(err, "starting a session");
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return error_from_errno(err, "taking a controlling terminal");
	for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
		if (put_at(slave, target) < 0)
			return error_from_errno(err, "opening the terminal as descriptor %d",
						target);
	return 0;
}

int terminal_copy_size(int from, int to, struct error *err)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) < 0)
		return errno == ENOTTY ? 0
				       : error_from_errno(err, "asking for the terminal's size");
	if (ioctl(to, TIOCSWINSZ, &size) < 0)
		return error_from_errno(err, "setting the terminal's size");
	return 0;
}

int terminal_set_raw(int fd, struct terminal_mode *mode, struct error *err)
{
	struct termios raw;

	if (tcgetattr(fd, &mode->before) < 0)
		return error_from_errno(err, "asking for the terminal's mode");
	raw = mode->before;
	cfmakeraw(&raw);
	mode->fd = fd;
	/* From here on a failure half way is undone as well. */
	mode->changed = true;
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return error_from_errno(err, "setting the terminal to raw mode");
	return 0;
}

void terminal_restore(struct terminal_mode *mode)
{
	int saved = errno;

	/* A terminal that has gone needs nothing; there is no one else to tell. */
	if (mode->changed)
		(void)tcsetattr(mode->fd, TCSANOW, &mode->before);
	mode->changed = false;
	errno = saved;
}
