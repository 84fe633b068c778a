/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/parent_tie.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

int parent_tie(int parent_pidfd, struct error *err)
{
	struct pollfd ended = { .fd = parent_pidfd, .events = POLLIN };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_from_errno(err, "tying a process to its parent");
	if (poll(&ended, 1, 0) < 0)
		return error_from_errno(err, "looking for the parent");
	return ended.revents != 0 ? error_set(err, ESRCH, "the parent has ended") : 0;
}
