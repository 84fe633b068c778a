/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int tty(int argc, char **argv)
{
	struct winsize size = { 0 };

	(void)argc;
	(void)argv;
	(void)ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	(void)printf("stdin=%d stdout=%d stderr=%d rows=%d columns=%d controlling=%d\n", isatty(0),
		     isatty(1), isatty(2), size.ws_row, size.ws_col, tcgetpgrp(0) >= 0);
	return 0;
}

/* Prints the size, then again at each SIGWINCH, N times in all. */
static int watch(int argc, char **argv)
{
	uint32_t n = probe_number(argv[0], 1000);
	struct winsize size;
	sigset_t wanted;
	int got;

	(void)argc;
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGWINCH);
	(void)sigprocmask(SIG_BLOCK, &wanted, NULL);
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0 && sigwait(&wanted, &got) != 0)
			return probe_fail("waiting");
		if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
			return probe_fail("window size");
		(void)printf("size=%dx%d\n", size.ws_row, size.ws_col);
		(void)fflush(stdout);
	}
	return 0;
}

const struct probe_command terminal_commands[] = {
	{ "tty", "", "what is a terminal, and its size", 0, 0, tty },
	{ "tty-watch", "N", "size now and at N - 1 changes", 1, 1, watch },
	{ 0 },
};
