/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/base/text.h"
#include "common/manifest/name.h"

/* A number or an identifier is short; /proc/PID/task/TID/children is too, when it has one child. */
static const size_t short_file = 256;

/* No pid can be above this: PID_MAX_LIMIT of the kernel. */
static const uint32_t most_pid = 4194304;

static const uint32_t most_status = 255;

static const int directory_flags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

/* One line without its newline; anything behind it is an error. */
static int read_line(int dir_fd, const char *name, struct text *line, struct error *err)
{
	int r = file_read_at(dir_fd, name, short_file, line, err);
	char *end;

	if (r < 0)
		return r;
	if (line->length > 0 && line->data[line->length - 1] == '\n')
		line->data[--line->length] = '\0';
	end = line->data == NULL ? NULL : memchr(line->data, '\n', line->length);
	if (end != NULL || strlen(text_string(line)) != line->length)
		return error_set(err, EINVAL, "reading %s: more than one line", name);
	return 0;
}

static int read_number(int dir_fd, const char *name, uint32_t most, uint32_t *ret,
		       struct error *err)
{
	auto_text struct text line = { 0 };
	int r = read_line(dir_fd, name, &line, err);

	if (r < 0)
		return r;
	if (parse_u32(text_string(&line), most, ret) < 0)
		return error_set(err, EINVAL, "reading %s: \"%.32s\" is not a number up to %u",
				 name, text_string(&line), (unsigned)most);
	return 0;
}

/* "deps-sha512-…": one component, nothing that leads elsewhere. */
static bool is_tree_id(const char *id)
{
	size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length > 0 && id[length] == '\0';
}

static int open_overlay_results(int pod_fd, struct error *err)
{
	auto_text struct text id = { 0 };
	auto_text struct text path = { 0 };
	int r = read_line(pod_fd, "stage1TreeStoreID", &id, err);
	int fd;

	if (r < 0)
		return r;
	if (!is_tree_id(text_string(&id)))
		return error_set(err, EINVAL, "reading stage1TreeStoreID: \"%.64s\" is not one",
				 text_string(&id));
	(void)text_printf(&path, "overlay/%s/upper/rkt", text_string(&id));
	if (text_status(&path) < 0)
		return error_set(err, ENOMEM, "finding the pod's results: out of memory");
	fd = openat(pod_fd, text_string(&path), directory_flags);
	return fd < 0 ? error_from_errno(err, "opening %s", text_string(&path)) : fd;
}

int pod_status_open_results(int pod_fd, int *ret_results_fd, struct error *err)
{
	int fd = open_overlay_results(pod_fd, err);

	if (fd == -ENOENT) {
		fd = openat(pod_fd, "stage1/rootfs/rkt", directory_flags);
		if (fd < 0)
			return error_from_errno(err, "opening stage1/rootfs/rkt");
	}
	if (fd < 0)
		return fd;
	*ret_results_fd = fd;
	return 0;
}

/* The kernel lists pids with a space behind each. */
static int parse_only_child(const char *list, pid_t parent, pid_t *ret, struct error *err)
{
	char number[16];
	size_t length = strcspn(list, " ");
	uint32_t pid;

	if (length == 0)
		return error_set(err, ESRCH, "process %d has no child", (int)parent);
	if (list[length] == ' ' && list[length + 1] != '\0')
		return error_set(err, EINVAL, "process %d has more than one child", (int)parent);
	if (length >= sizeof(number))
		return error_set(err, EINVAL, "reading the children of process %d", (int)parent);
	memcpy(number, list, length);
	number[length] = '\0';
	if (parse_u32(number, most_pid, &pid) < 0)
		return error_set(err, EINVAL, "reading the children of process %d", (int)parent);
	*ret = (pid_t)pid;
	return 0;
}

static int find_only_child(pid_t parent, pid_t *ret, struct error *err)
{
	auto_text struct text list = { 0 };
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	r = file_read_at(AT_FDCWD, path, short_file, &list, err);
	if (r == -ENOENT || r == -ESRCH)
		return error_set(err, ESRCH, "process %d is gone", (int)parent);
	if (r == -EFBIG)
		return error_set(err, EINVAL, "process %d has more than one child", (int)parent);
	return r < 0 ? r : parse_only_child(text_string(&list), parent, ret, err);
}

int pod_status_pid(int pod_fd, pid_t *ret_pid, struct error *err)
{
	uint32_t number;
	int r = read_number(pod_fd, "pid", most_pid, &number, err);

	if (r == 0 && number > 0) {
		*ret_pid = (pid_t)number;
		return 0;
	}
	if (r == 0)
		return error_set(err, EINVAL, "reading pid: 0 is no process");
	if (r != -ENOENT)
		return r;
	r = read_number(pod_fd, "ppid", most_pid, &number, err);
	if (r < 0)
		return r;
	if (number == 0)
		return error_set(err, EINVAL, "reading ppid: 0 is no process");
	return find_only_child((pid_t)number, ret_pid, err);
}

static bool is_clean_path(const char *path)
{
	if (path[0] != '/')
		return false;
	for (const char *p = path; *p != '\0'; p++)
		if (p[0] == '/' && p[1] == '.' && p[2] == '.' && (p[3] == '/' || p[3] == '\0'))
			return false;
	return true;
}

int pod_status_subcgroup(int pod_fd, char *buffer, size_t size, struct error *err)
{
	auto_text struct text path = { 0 };
	int r = file_read_at(pod_fd, "subcgroup", PATH_MAX, &path, err);

	if (r < 0)
		return r;
	if (path.length > 0 && path.data[path.length - 1] == '\n')
		path.data[--path.length] = '\0';
	if (path.length >= size || strlen(text_string(&path)) != path.length ||
	    strchr(text_string(&path), '\n') != NULL || !is_clean_path(text_string(&path)))
		return error_set(err, EINVAL, "reading subcgroup: not the path of a cgroup");
	memcpy(buffer, text_string(&path), path.length + 1);
	return 0;
}

int pod_status_app(int results_fd, const char *app, int *ret_status, struct error *err)
{
	auto_close int dir = FD_NONE;
	uint32_t status;
	int r;

	if (!name_is_ac_name(app))
		return error_set(err, EINVAL, "\"%.64s\" is not the name of an app", app);
	dir = openat(results_fd, "status", directory_flags);
	if (dir < 0)
		return error_from_errno(err, "opening status");
	r = read_number(dir, app, most_status, &status, err);
	if (r < 0)
		return error_prefix(err, "the status of app %s", app);
	*ret_status = (int)status;
	return 0;
}

uint32_t pod_status_restarts(int results_fd, const char *app)
{
	auto_close int dir = FD_NONE;
	struct error ignored = { 0 };
	uint32_t n = 0;

	if (!name_is_ac_name(app))
		return 0;
	dir = openat(results_fd, "restarts", directory_flags);
	if (dir < 0 || read_number(dir, app, INT32_MAX, &n, &ignored) < 0)
		return 0;
	return n;
}

int pod_status_ready(int results_fd, bool *ret_ready, struct error *err)
{
	char target[sizeof("ready") + 1];
	ssize_t n = readlinkat(results_fd, "supervisor-status", target, sizeof(target));

	if (n < 0 && errno != ENOENT && errno != EINVAL)
		return error_from_errno(err, "reading supervisor-status");
	*ret_ready = n == (ssize_t)strlen("ready") && memcmp(target, "ready", (size_t)n) == 0;
	return 0;
}
