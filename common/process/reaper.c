/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/reaper.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/process/exit_status.h"

int reaper_become_subreaper(struct error *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) < 0)
		return error_from_errno(err, "becoming a subreaper");
	return 0;
}

int reaper_next(struct reaped *ret)
{
	siginfo_t info = { 0 };
	int r;

	do
		r = waitid(P_ALL, 0, &info, WEXITED | WNOHANG);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (info.si_pid == 0)
		return 0;
	*ret = (struct reaped){ .pid = info.si_pid, .wait_status = exit_status_to_wait(&info) };
	return 1;
}

int reaper_collect(reaper_handler *handler, void *context, struct error *err)
{
	struct reaped reaped;
	int r;

	while ((r = reaper_next(&reaped)) == 1)
		handler(&reaped, context);
	if (r == 0)
		return 1;
	if (r == -ECHILD)
		return 0;
	return error_set(err, -r, "reaping children: %s", strerror(-r));
}
