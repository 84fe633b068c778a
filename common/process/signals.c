/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/signals.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

int signals_to_fd(int *ret_fd, struct error *err)
{
	sigset_t all;
	int fd;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return error_from_errno(err, "blocking signals");
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_from_errno(err, "making a signal descriptor");
	*ret_fd = fd;
	return 0;
}

int signals_next(int signal_fd, struct signalfd_siginfo *ret_info, struct error *err)
{
	struct signalfd_siginfo info;
	ssize_t n;

	do
		n = read(signal_fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return error_from_errno(err, "reading signals");
	if (n != (ssize_t)sizeof(info))
		return error_set(err, EIO, "reading signals: a part of a record");
	*ret_info = info;
	return 1;
}

int signals_reset(struct error *err)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* Those that cannot be changed (SIGKILL, SIGSTOP, glibc's own two) refuse, and are the
	 * default already. */
	for (int i = 1; i < _NSIG; i++)
		(void)sigaction(i, &by_default, NULL);
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return error_from_errno(err, "unblocking signals");
	return 0;
}

bool signals_are_forwarded(int signal_number)
{
	switch (signal_number) {
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGQUIT:
	case SIGUSR1:
	case SIGUSR2:
		return true;
	default:
		return signal_number >= SIGRTMIN && signal_number <= SIGRTMAX;
	}
}

int signals_forward(const struct signalfd_siginfo *info, const struct child *to)
{
	int r;

	if (!signals_are_forwarded((int)info->ssi_signo))
		return 0;
	r = child_kill(to, (int)info->ssi_signo);
	return r < 0 ? r : 1;
}
