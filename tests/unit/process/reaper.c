/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/reaper.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process/exit_status.h"
#include "tests/unit/test.h"

struct seen {
	size_t n;
	int sum; /* of exit statuses */
};

static void note(const struct reaped *reaped, void *context)
{
	struct seen *seen = context;

	seen->n++;
	seen->sum += exit_status_of(reaped->wait_status);
}

/* Lets a child end without reaping it. */
static void wait_until_zombie(pid_t pid)
{
	siginfo_t info;

	check_int(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

TEST(all_ended_children_are_collected_at_once)
{
	struct error err = { 0 };
	struct seen seen = { 0 };

	for (int i = 1; i <= 20; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		wait_until_zombie(pid);
	}
	check_int(reaper_collect(note, &seen, &err), 0);
	check_uint(seen.n, 20);
	check_int(seen.sum, 210);
	check_int(reaper_collect(note, &seen, &err), 0);
	check_uint(seen.n, 20);
}

TEST(a_running_child_is_left_alone)
{
	struct error err = { 0 };
	struct seen seen = { 0 };
	struct reaped reaped = { .pid = 5 };
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	check_int(reaper_next(&reaped), 0);
	check_int(reaped.pid, 5);
	check_int(reaper_collect(note, &seen, &err), 1);
	check_int(kill(pid, SIGKILL), 0);
	wait_until_zombie(pid);
	check_int(reaper_next(&reaped), 1);
	check_int(reaped.pid, pid);
	check_int(exit_status_of(reaped.wait_status), 137);
	check_int(reaper_next(&reaped), -ECHILD);
}

TEST(a_subreaper_gets_the_orphans_of_its_children)
{
	struct error err = { 0 };
	struct reaped reaped;
	int orphan[2];
	pid_t orphan_pid = 0, pid;

	check_ok(reaper_become_subreaper(&err), &err);
	check_int(pipe(orphan), 0);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			pid_t self = getpid();

			(void)!write(orphan[1], &self, sizeof(self));
			_exit(9);
		}
		_exit(0);
	}
	check_int(waitpid(pid, NULL, 0), pid);
	check_int((int)read(orphan[0], &orphan_pid, sizeof(orphan_pid)), (int)sizeof(orphan_pid));
	wait_until_zombie(orphan_pid);
	check_int(reaper_next(&reaped), 1);
	check_int(reaped.pid, orphan_pid);
	check_int(exit_status_of(reaped.wait_status), 9);
}
