/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_again.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/file.h"
#include "common/pod/pod_status.h"

#define ARGUMENTS     "stage1-arguments"
#define ARGUMENTS_MAX ((size_t)1 << 20)

int pod_again_keep(const struct pod_dir *pod, const char *const *arguments, struct error *err)
{
	static const char token[] = POD_AGAIN_TOKEN;
	auto_text struct text all = { .cap = ARGUMENTS_MAX };
	auto_close int fd =
	    openat(pod->fd, ARGUMENTS, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	for (; *arguments != NULL; arguments++) {
		bool secret = strncmp(*arguments, token, strlen(token)) == 0;

		(void)text_append(&all, secret ? token : *arguments);
		(void)text_append_char(&all, '\0');
	}
	r = text_status(&all);
	if (r == 0)
		r = fd < 0 ? -errno : file_write_fd(fd, all.data, all.length);
	return r < 0 ? error_set(err, -r, "keeping how the pod is run: %s", strerror(-r)) : 0;
}

int pod_again_read(const struct pod_dir *pod, struct arena *arena, struct option_list *ret,
		   struct error *err)
{
	auto_text struct text all = { .cap = ARGUMENTS_MAX };
	int r = file_read_at(pod->fd, ARGUMENTS, ARGUMENTS_MAX, &all, err);
	const char *at, *end;

	if (r < 0)
		return r;
	if (all.length == 0 || all.data[all.length - 1] != '\0')
		return error_set(err, EINVAL, "reading %s of the pod: it is cut off", ARGUMENTS);
	at = arena_bytes(arena, all.data, all.length);
	if (at == NULL)
		return error_set(err, ENOMEM, "out of memory");
	for (end = at + all.length; at < end; at += strlen(at) + 1)
		if (option_list_add(arena, ret, at) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int forget(int at, const char *name, struct error *err)
{
	if (unlinkat(at, name, 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "removing %s of the last run", name);
	return 0;
}

/* All files of a directory of results; there may be none. */
static int empty(int results, const char *name, struct error *err)
{
	int fd = openat(results, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		r = fd < 0 && errno == ENOENT
			? 0
			: error_from_errno(err, "reading %s of the last run", name);
		cleanup_close(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			r = forget(fd, entry->d_name, err);
	return r;
}

int pod_again_forget(const struct pod_dir *pod, struct error *err)
{
	static const char *const of_pod[] = { "pid", "ppid", "net-info.json" };
	static const char *const of_apps[] = { "status", "restarts" };
	auto_close int results = FD_NONE;
	struct error mine = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(of_pod); i++)
		r = forget(pod->fd, of_pod[i], err);
	if (r < 0)
		return r;
	r = pod_status_open_results(pod->fd, &results, &mine);
	if (r == -ENOENT) /* it ended before there was any */
		return 0;
	if (r < 0)
		return error_set(err, mine.code, "%s", mine.text);
	r = forget(results, "supervisor-status", err);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(of_apps); i++)
		r = empty(results, of_apps[i], err);
	return r;
}
