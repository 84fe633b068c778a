/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/exit_status.h"

#include <signal.h>
#include <unistd.h>

#include "tests/unit/test.h"

/* The wait status of a real process that ends as asked. */
static int status_of_child(int status, int signal_number)
{
	int wait_status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (signal_number != 0 && signal_number != SIGKILL)
			(void)signal(signal_number, SIG_DFL); /* the runner has its own */
		if (signal_number != 0)
			(void)kill(getpid(), signal_number);
		_exit(status);
	}
	check_int(waitpid(pid, &wait_status, 0), pid);
	return wait_status;
}

TEST(every_exit_status_is_the_shell_status)
{
	for (int status = 0; status < 256; status++)
		check_int(exit_status_of(status << 8), status);
	check_int(exit_status_of(status_of_child(254, 0)), 254);
}

TEST(a_signal_is_128_and_its_number)
{
	check_int(exit_status_of(status_of_child(0, SIGKILL)), 137);
	check_int(exit_status_of(status_of_child(0, SIGTERM)), 143);
	check_int(exit_status_of(SIGSEGV | 0x80), 139);
}

TEST(an_end_is_described_for_people)
{
	char text[EXIT_STATUS_TEXT_SIZE];

	check_text(exit_status_describe(3 << 8, text), "exited with status 3");
	check_text(exit_status_describe(SIGKILL, text), "killed by signal 9 (SIGKILL)");
	check_text(exit_status_describe(SIGSEGV | 0x80, text),
		   "killed by signal 11 (SIGSEGV) (core dumped)");
	check_text(exit_status_describe(SIGRTMIN + 3, text), "killed by signal 37 (SIGRTMIN+3)");
}

TEST(what_waitid_tells_is_what_waitpid_tells)
{
	const struct {
		int code, status, wait_status;
	} cases[] = {
		{ CLD_EXITED, 7, 7 << 8 },
		{ CLD_KILLED, SIGTERM, SIGTERM },
		{ CLD_DUMPED, SIGABRT, SIGABRT | 0x80 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		siginfo_t info = { .si_code = cases[i].code };

		info.si_status = cases[i].status;
		check_int(exit_status_to_wait(&info), cases[i].wait_status);
	}
}
