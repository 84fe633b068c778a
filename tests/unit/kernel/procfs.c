/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static int open_proc(void)
{
	struct error err = { 0 };
	int fd = FD_NONE;

	check_ok(procfs_open(&fd, &err), &err);
	return fd;
}

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void end(pid_t pid)
{
	check_int(kill(pid, SIGKILL), 0);
	check_int(waitpid(pid, NULL, 0), pid);
}

TEST(a_child_knows_its_parent_and_keeps_its_start_time)
{
	auto_close int proc = open_proc();
	struct procfs_stat first = { 0 };
	struct procfs_stat second = { 0 };
	struct error err = { 0 };
	pid_t pid = start_sleeper();

	check_ok(procfs_read_stat(proc, pid, &first, &err), &err);
	check_ok(procfs_read_stat(proc, pid, &second, &err), &err);
	check_int(first.ppid, getpid());
	check_true(first.start_time > 0);
	check_true(first.start_time == second.start_time);
	end(pid);
}

TEST(a_name_full_of_brackets_and_blanks_does_not_confuse)
{
	auto_close int proc = open_proc();
	struct procfs_stat stat = { 0 };
	struct error err = { 0 };

	check_int(prctl(PR_SET_NAME, "a) Z 1 2 (b"), 0);
	check_ok(procfs_read_stat(proc, getpid(), &stat, &err), &err);
	check_int(stat.state, 'R');
	check_int(stat.ppid, getppid());
}

TEST(a_process_that_is_gone_is_not_found)
{
	auto_close int proc = open_proc();
	struct procfs_stat stat = { .ppid = 77 };
	struct error err = { 0 };
	pid_t pid = start_sleeper();

	end(pid);
	check_int(procfs_read_stat(proc, pid, &stat, &err), -ESRCH);
	check_contains(err.text, "/stat: No such process");
	check_int(stat.ppid, 77);
}

TEST(children_are_counted_and_sorted)
{
	auto_close int proc = open_proc();
	struct error err = { 0 };
	pid_t started[3] = { start_sleeper(), start_sleeper(), start_sleeper() };
	pid_t found[2] = { 0 };

	check_int(procfs_children(proc, getpid(), found, ARRAY_LENGTH(found), &err), 3);
	check_int(found[0], started[0]);
	check_int(found[1], started[1]);
	for (size_t i = 0; i < ARRAY_LENGTH(started); i++)
		end(started[i]);
	check_int(procfs_children(proc, getpid(), found, ARRAY_LENGTH(found), &err), 0);
}

TEST(no_room_for_children_still_counts_them)
{
	auto_close int proc = open_proc();
	struct error err = { 0 };
	pid_t pid = start_sleeper();

	check_int(procfs_children(proc, getpid(), NULL, 0, &err), 1);
	end(pid);
}

TEST(a_line_of_status_is_read_by_its_whole_name)
{
	auto_close int proc = open_proc();
	struct error err = { 0 };
	char value[PROCFS_MAX_BYTES] = "";
	char want[16];

	(void)snprintf(want, sizeof(want), "%d", (int)getpid());
	check_ok(procfs_read_status(proc, getpid(), "Pid", value, &err), &err);
	check_text(value, want);
	check_int(procfs_read_status(proc, getpid(), "Pi", value, &err), -ENOENT);
}

TEST(a_pidfd_is_refused_for_another_start_time)
{
	auto_close int proc = open_proc();
	auto_close int good = FD_NONE;
	struct procfs_stat stat = { 0 };
	struct error err = { 0 };
	int fd = 12345;

	check_ok(procfs_read_stat(proc, getpid(), &stat, &err), &err);
	check_ok(procfs_open_pidfd(proc, getpid(), stat.start_time, &good, &err), &err);
	check_true((fcntl(good, F_GETFD) & FD_CLOEXEC) != 0);
	check_int(procfs_open_pidfd(proc, getpid(), stat.start_time + 1, &fd, &err), -ESRCH);
	check_contains(err.text, "another one by now");
	check_int(fd, 12345);
}

TEST(a_proc_that_is_none_is_refused)
{
	struct error err = { 0 };
	int fd = 12345;

	test_enter_mount_namespace();
	check_int(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	check_int(procfs_open(&fd, &err), -EPROTO);
	check_int(fd, 12345);
	check_int(umount2("/proc", MNT_DETACH), 0); /* sanitizers want it back at exit */
}
