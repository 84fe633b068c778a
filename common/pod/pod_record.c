/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/manifest/name.h"

/* Room for any int in decimal, a newline and the NUL. */
#define NUMBER_SIZE 16

static int make_directory(int dir_fd, const char *name, struct error *err)
{
	if (mkdirat(dir_fd, name, 0755) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the directory %s", name);
	return 0;
}

int pod_record_open(int pod_fd, int *ret_results_fd, struct error *err)
{
	auto_close int results = FD_NONE;
	int r = make_directory(pod_fd, "stage1/rootfs/rkt", err);

	if (r < 0)
		return r;
	results =
	    openat(pod_fd, "stage1/rootfs/rkt", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (results < 0)
		return error_from_errno(err, "opening stage1/rootfs/rkt");
	r = make_directory(results, "status", err);
	if (r == 0)
		r = make_directory(results, "env", err);
	if (r < 0)
		return r;
	*ret_results_fd = take_fd(&results);
	return 0;
}

/* For files that nobody reads yet: no temporary name, no rename. */
static int write_in_place(int dir_fd, const char *name, const struct text *content, mode_t mode,
			  struct error *err)
{
	auto_close int fd =
	    openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return error_from_errno(err, "creating %s", name);
	r = file_write_fd(fd, text_string(content), content->length);
	if (r < 0)
		return error_set(err, -r, "writing %s: %s", name, strerror(-r));
	return 0;
}

static int record_number(int dir_fd, const char *name, int number, struct error *err)
{
	char content[NUMBER_SIZE];

	(void)snprintf(content, sizeof(content), "%d\n", number);
	return file_replace_at(dir_fd, name, content, 0644, err);
}

int pod_record_pid(int pod_fd, pid_t pid, struct error *err)
{
	return record_number(pod_fd, "pid", pid, err);
}

int pod_record_ppid(int pod_fd, pid_t ppid, struct error *err)
{
	return record_number(pod_fd, "ppid", ppid, err);
}

/* The original writes this one file without a newline, and rkt uses it as it is. */
int pod_record_subcgroup(int pod_fd, const char *path, struct error *err)
{
	auto_text struct text content = { 0 };

	if (text_append(&content, path) < 0)
		return error_set(err, ENOMEM, "writing subcgroup: out of memory");
	return write_in_place(pod_fd, "subcgroup", &content, 0644, err);
}

static int check_app_name(const char *app, struct error *err)
{
	if (!name_is_ac_name(app))
		return error_set(err, EINVAL, "\"%s\" is not the name of an app", app);
	return 0;
}

static int open_directory(int dir_fd, const char *name, struct error *err)
{
	int fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? error_from_errno(err, "opening %s", name) : fd;
}

int pod_record_status(int results_fd, const char *app, int status, struct error *err)
{
	auto_close int dir = FD_NONE;
	int r = check_app_name(app, err);

	if (r < 0)
		return r;
	dir = open_directory(results_fd, "status", err);
	if (dir < 0)
		return dir;
	r = record_number(dir, app, status, err);
	return r < 0 ? error_prefix(err, "recording a status") : 0;
}

int pod_record_restarts(int results_fd, const char *app, uint32_t n, struct error *err)
{
	auto_close int dir = FD_NONE;
	int r = check_app_name(app, err);

	if (r == 0)
		r = make_directory(results_fd, "restarts", err);
	if (r < 0)
		return r;
	dir = open_directory(results_fd, "restarts", err);
	if (dir < 0)
		return dir;
	r = record_number(dir, app, n > INT32_MAX ? INT32_MAX : (int)n, err);
	return r < 0 ? error_prefix(err, "recording a restart") : 0;
}

int pod_record_environment(int results_fd, const char *app, const char *const *environment,
			   struct error *err)
{
	auto_text struct text content = { 0 };
	auto_text struct text name = { 0 };
	int r = check_app_name(app, err);

	if (r < 0)
		return r;
	for (const char *const *variable = environment; *variable != NULL; variable++)
		if (strchr(*variable, '\n') == NULL)
			(void)text_printf(&content, "%s\n", *variable);
	(void)text_printf(&name, "env/%s", app);
	if (text_status(&content) < 0 || text_status(&name) < 0)
		return error_set(err, ENOMEM, "writing the environment of %s: out of memory", app);
	return write_in_place(results_fd, text_string(&name), &content, 0600, err);
}

int pod_record_ready(int results_fd, struct error *err)
{
	/* Making a symlink is atomic by itself. */
	if (symlinkat("ready", results_fd, "supervisor-status") == 0)
		return 0;
	if (errno != EEXIST)
		return error_from_errno(err, "writing supervisor-status");
	if (symlinkat("ready", results_fd, ".supervisor-status.tmp") < 0 && errno != EEXIST)
		return error_from_errno(err, "writing supervisor-status");
	if (renameat(results_fd, ".supervisor-status.tmp", results_fd, "supervisor-status") < 0)
		return error_from_errno(err, "replacing supervisor-status");
	return 0;
}
