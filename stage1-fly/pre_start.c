/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-fly/pre_start.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/exit_status.h"

static int run_handler(struct app_process *process, struct error *err)
{
	char text[EXIT_STATUS_TEXT_SIZE];
	int wait_status = 0;
	pid_t pid;
	int status;
	int r = app_process_start(process, &pid, &status, err);

	if (r < 1)
		return error_prefix(err, "pre-start handler");
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		;
	if (wait_status != 0)
		return error_set(err, ECHILD, "the pre-start handler %s %s", process->argv[0],
				 exit_status_describe(wait_status, text));
	return 0;
}

int pre_start_run(const struct app_surroundings *surroundings,
		  const struct app_resources *resources, struct error *err)
{
	const struct plan_app *app = resources->app;
	auto_close int null_fd = FD_NONE;
	auto_close int mount_namespace = FD_NONE;
	int r = 0;

	if (app->n_pre_start == 0)
		return 0;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	mount_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0 || mount_namespace < 0)
		return error_from_errno(err, "preparing the pre-start handlers");
	for (size_t i = 0; r == 0 && i < app->n_pre_start; i++) {
		struct app_process process = { .surroundings = surroundings,
					       .resources = resources,
					       .argv = app->pre_start[i].argv.items,
					       .mount_namespace = mount_namespace,
					       .in = null_fd,
					       .out = STDOUT_FILENO,
					       .err = STDERR_FILENO };

		r = run_handler(&process, err);
	}
	return r;
}
