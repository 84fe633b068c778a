/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"

/* In a process of its own, which ends with rkt. */
static int run(const struct stage1_call *stage1)
{
	struct error problem = { 0 };
	int status = 254;

	(void)signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return 254;
	if (stage1_program_run(stage1, &status, &problem) < 0)
		(void)dprintf(STDERR_FILENO, "export: %s\n", problem.text);
	return status;
}

int pod_archive_open(struct pod_archive *archive, const struct stage1_call *stage1,
		     struct arena *arena, const char *app, struct error *err)
{
	char *arguments[] = { NULL, (char *)(uintptr_t)arena_printf(arena, "--app=%s", app),
			      (char *)(uintptr_t)stage1->pod->uuid.text, NULL };
	struct stage1_call call = *stage1;
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	int ends[2];
	pid_t pid;

	if (arguments[1] == NULL)
		return error_set(err, ENOMEM, "asking the stage1: out of memory");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	call.arguments = arguments;
	call.output = write_end;
	pid = fork();
	if (pid < 0)
		return error_from_errno(err, "starting the stage1");
	if (pid == 0) {
		(void)close(read_end);
		_exit(run(&call));
	}
	archive->read_end = take_fd(&read_end);
	archive->pid = pid;
	return 0;
}

int pod_archive_close(struct pod_archive *archive, struct error *err)
{
	int status = 0;

	/* Who still writes has nobody to read it. */
	cleanup_close(&archive->read_end);
	while (waitpid(archive->pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "waiting for the stage1");
	archive->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, EIO, "the stage1 could not read what the app wrote");
	return 0;
}
