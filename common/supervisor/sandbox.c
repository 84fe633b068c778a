/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/kernel/procfs.h"
#include "common/privilege/file_descriptors.h"
#include "common/privilege/oom_score_adj.h"
#include "common/privilege/privileges.h"
#include "common/privilege/rlimit.h"
#include "common/process/exit_status.h"
#include "common/process/program_interpreter.h"

/* TERM, LISTEN_PID and LISTEN_FDS may follow what the app has in any case. */
#define EXTRA_VARIABLES 3

static int set_limits(const struct plan_app *app, int proc_fd, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < app->n_rlimits; i++) {
		const struct plan_rlimit *limit = &app->rlimits[i];

		r = rlimit_set(&(struct rlimit_value){ .resource = limit->resource,
						       .soft = limit->soft,
						       .hard = limit->hard },
			       err);
	}
	if (r == 0 && app->has_oom_score_adj)
		r = oom_score_adj_set(proc_fd, app->oom_score_adj, err);
	return r;
}

static int enter_working_directory(const struct plan_app *app, struct error *err)
{
	if (chdir(app->working_directory) < 0)
		return error_from_errno(err, "entering the working directory %s",
					app->working_directory);
	return 0;
}

static const char *variable(const char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment != NULL; environment++) {
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	}
	return NULL;
}

/* 0, -ENOENT, -EACCES: what execve() would say of the file, as far as it can be told now. */
static int check_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		return -EACCES;
	return 0;
}

/* As execvp(3): a name without a slash is looked for in the app's PATH. */
static int find_program(const char *name, const char *search, char path[PATH_MAX])
{
	int result = -ENOENT;

	if (strchr(name, '/') != NULL) {
		int n = snprintf(path, PATH_MAX, "%s", name);

		return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : check_program(path);
	}
	while (search != NULL && name[0] != '\0') {
		const char *colon = strchrnul(search, ':');
		int length = (int)(colon - search);
		const char *directory = length > 0 ? search : "."; /* empty: where the app works */
		int n =
		    snprintf(path, PATH_MAX, "%.*s/%s", length > 0 ? length : 1, directory, name);
		int r = n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : check_program(path);

		if (r == 0)
			return 0;
		if (r == -EACCES)
			result = r;
		search = *colon == ':' ? colon + 1 : NULL;
	}
	return result;
}

/* In the words of the original, which scripts look for. */
static int set_missing(const char *what, struct error *err)
{
	return error_set(err, ENOENT, "Error: Unable to open \"%s\": %s", what, strerror(ENOENT));
}

/* The status that a program which cannot be executed counts as. */
static int refuse_program(const char *name, int code, struct error *err)
{
	if (code == ENOENT) {
		(void)set_missing(name, err);
		return SANDBOX_NOT_FOUND;
	}
	(void)error_set(err, code, "executing %s: %s", name, strerror(code));
	return SANDBOX_NOT_EXECUTABLE;
}

/* execve() says of a missing loader only that something is missing. */
static int check_interpreter(const char *path, struct error *err)
{
	char interpreter[PATH_MAX];

	if (program_interpreter(path, interpreter) == 0 || access(interpreter, F_OK) == 0 ||
	    errno != ENOENT)
		return 0;
	return error_set(err, ENOENT, "Error: Unable to open \"%s\": %s (it is to interpret %s)",
			 interpreter, strerror(ENOENT), path);
}

/* What fds the program keeps beside stdio, and the variables that tell it so. */
static int pass_descriptors(const struct sandbox *sandbox,
			    struct socket_activation_environment *variables, struct error *err)
{
	int r = file_descriptors_close_at_exec(STDERR_FILENO + 1, err);

	if (r == 0 && sandbox->sockets != NULL && sandbox->sockets->n > 0)
		r = socket_activation_install(sandbox->sockets, variables, err);
	if (r == 0 && sandbox->keep_fd >= 0 && fcntl(sandbox->keep_fd, F_SETFD, 0) < 0)
		return error_from_errno(err, "keeping the pod's lock");
	return r;
}

static const char **assemble_environment(const struct sandbox *sandbox,
					 const struct socket_activation_environment *variables)
{
	const char *const *base = sandbox->resources->environment;
	const char **environment;
	size_t n = 0;

	while (base[n] != NULL)
		n++;
	environment = calloc(n + EXTRA_VARIABLES + 1, sizeof(*environment));
	if (environment == NULL)
		return NULL;
	memcpy(environment, base, n * sizeof(*environment));
	if (sandbox->terminal_type != NULL && variable(base, "TERM") == NULL)
		environment[n++] = sandbox->terminal_type;
	if (variables->listen_fds[0] != '\0') {
		environment[n++] = variables->listen_pid;
		environment[n++] = variables->listen_fds;
	}
	return environment;
}

static int give_up_privileges(const struct sandbox *sandbox, int proc_fd, struct error *err)
{
	const struct app_resources *resources = sandbox->resources;
	const struct plan_app *app = resources->app;
	const struct privileges privileges = {
		.credentials = { .uid = resources->account.uid,
				 .gid = resources->account.gid,
				 .groups = app->supplementary_gids,
				 .n_groups = app->n_supplementary_gids },
		.capabilities = app->capabilities,
		.no_new_privileges = app->no_new_privileges,
		.seccomp = resources->seccomp.n > 0 ? &resources->seccomp : NULL,
		.proc_fd = proc_fd,
		.apparmor_profile = app->apparmor_profile,
		.selinux_context = app->selinux_context,
		.parent_pidfd = sandbox->parent_pidfd,
	};

	return privileges_apply(&privileges, err);
}

/* Everything that may fail for a reason worth telling comes before the filter. */
static int confine(const struct sandbox *sandbox, struct error *err)
{
	const struct plan_app *app = sandbox->resources->app;
	bool needs_proc =
	    app->has_oom_score_adj || app->apparmor_profile != NULL || app->selinux_context != NULL;
	auto_close int proc_fd = FD_NONE;
	int r = needs_proc ? procfs_open(&proc_fd, err) : 0;

	if (r == 0)
		r = set_limits(app, proc_fd, err);
	if (r == 0)
		r = give_up_privileges(sandbox, proc_fd, err);
	return r;
}

int sandbox_exec(const struct sandbox *sandbox, struct error *err)
{
	const struct app_resources *resources = sandbox->resources;
	const char *search = variable(resources->environment, "PATH");
	struct socket_activation_environment variables = { 0 };
	auto_free const char **environment = NULL;
	char path[PATH_MAX];
	int r = sandbox->in_cgroup ? 0 : cgroup_app_join(&resources->cgroup, false, err);

	if (r == 0)
		r = enter_working_directory(resources->app, err);
	if (r == 0)
		r = pass_descriptors(sandbox, &variables, err);
	if (r < 0)
		return EXIT_STATUS_NOT_STARTED;
	environment = assemble_environment(sandbox, &variables);
	if (environment == NULL) {
		(void)error_set(err, ENOMEM, "assembling the environment: out of memory");
		return EXIT_STATUS_NOT_STARTED;
	}
	r = find_program(sandbox->argv[0], search, path);
	if (r < 0)
		return refuse_program(sandbox->argv[0], -r, err);
	r = check_interpreter(path, err);
	if (r < 0)
		return SANDBOX_NOT_EXECUTABLE;
	if (confine(sandbox, err) < 0)
		return EXIT_STATUS_NOT_STARTED;
	(void)execve(path, (char *const *)(uintptr_t)sandbox->argv,
		     (char *const *)(uintptr_t)environment);
	r = errno;
	(void)error_set(err, r, "executing %s: %s", sandbox->argv[0], strerror(r));
	return SANDBOX_NOT_EXECUTABLE;
}
