/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/exit_status.h"

#include <stdio.h>

#include "common/process/signal_name.h"

#define SIGNAL_BASE 128
#define CORE_FLAG   0x80 /* of a wait status: WCOREDUMP() */

int exit_status_of(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return SIGNAL_BASE + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}

int exit_status_to_wait(const siginfo_t *info)
{
	switch (info->si_code) {
	case CLD_DUMPED:
		return info->si_status | CORE_FLAG;
	case CLD_KILLED:
		return info->si_status;
	default:
		return (info->si_status & 0xff) << 8;
	}
}

const char *exit_status_describe(int wait_status, char text[EXIT_STATUS_TEXT_SIZE])
{
	char name[SIGNAL_NAME_SIZE];

	if (WIFSIGNALED(wait_status))
		(void)snprintf(text, EXIT_STATUS_TEXT_SIZE, "killed by signal %d (%s)%s",
			       WTERMSIG(wait_status), signal_name(WTERMSIG(wait_status), name),
			       WCOREDUMP(wait_status) ? " (core dumped)" : "");
	else
		(void)snprintf(text, EXIT_STATUS_TEXT_SIZE, "exited with status %d",
			       WEXITSTATUS(wait_status));
	return text;
}
