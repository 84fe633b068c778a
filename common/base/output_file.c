/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_nameless(const struct output_file *file)
{
	const char *temporary = text_string(&file->temporary);
	const char *slash = strrchr(temporary, '/');
	auto_free char *directory =
	    slash == NULL ? strdup(".") : strndup(temporary, (size_t)(slash - temporary) + 1);

	return directory == NULL ? -1 : open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
}

/* A device or a link that somebody names by mistake is not replaced by a file. */
static int check_place(const struct output_file *file, const char *path, struct error *err)
{
	struct stat there;

	if (fstatat(AT_FDCWD, path, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (file->is_new)
		return error_set(err, EEXIST, "%s exists", path);
	if (!S_ISREG(there.st_mode))
		return error_set(err, EINVAL, "writing %s: what is there is not a regular file",
				 path);
	return 0;
}

int output_file_open(struct output_file *file, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash == NULL ? path : slash + 1;
	int r;

	if (*last == '\0')
		return error_set(err, EINVAL, "writing %s: that is not the name of a file", path);
	r = check_place(file, path, err);
	if (r < 0)
		return r;
	(void)text_append_bytes(&file->temporary, path, (size_t)(last - path));
	if (text_printf(&file->temporary, ".%s.tmp-%d", last, (int)getpid()) < 0)
		return error_set(err, ENOMEM, "writing %s: out of memory", path);
	file->path = path;
	file->fd = open_nameless(file);
	if (file->fd >= 0)
		return 0;
	file->fd =
	    open(text_string(&file->temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file->fd < 0)
		return error_from_errno(err, "creating %s", text_string(&file->temporary));
	file->has_name = true;
	return 0;
}

int output_file_commit(struct output_file *file, struct error *err)
{
	const char *temporary = text_string(&file->temporary);
	const unsigned flags = file->is_new ? RENAME_NOREPLACE : 0;
	char nameless[32];

	if (fsync(file->fd) < 0)
		return error_from_errno(err, "writing %s", file->path);
	(void)snprintf(nameless, sizeof(nameless), "/proc/self/fd/%d", file->fd);
	if (!file->has_name &&
	    linkat(AT_FDCWD, nameless, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) < 0)
		return error_from_errno(err, "naming %s", temporary);
	file->has_name = true;
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, file->path, flags) < 0)
		return error_from_errno(err, "writing %s", file->path);
	file->has_name = false;
	return 0;
}

void output_file_release(struct output_file *file)
{
	cleanup_close(&file->fd);
	if (file->has_name)
		(void)unlink(text_string(&file->temporary));
	text_release(&file->temporary);
}
