/* SPDX-License-Identifier: Apache-2.0 */
#include "build/aci/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int output_file_open(struct output_file *file, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash == NULL ? path : slash + 1;

	if (*last == '\0')
		return error_set(err, EINVAL, "writing %s: that is not the name of a file", path);
	(void)text_append_bytes(&file->temporary, path, (size_t)(last - path));
	if (text_printf(&file->temporary, ".%s.tmp-%d", last, (int)getpid()) < 0)
		return error_set(err, ENOMEM, "writing %s: out of memory", path);
	file->fd =
	    open(text_string(&file->temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file->fd < 0) {
		int r = error_from_errno(err, "creating %s", text_string(&file->temporary));

		text_release(&file->temporary);
		return r;
	}
	file->path = path;
	return 0;
}

int output_file_commit(struct output_file *file, struct error *err)
{
	if (rename(text_string(&file->temporary), file->path) < 0)
		return error_from_errno(err, "writing %s", file->path);
	text_release(&file->temporary);
	return 0;
}

void output_file_release(struct output_file *file)
{
	cleanup_close(&file->fd);
	if (file->temporary.length > 0)
		(void)unlink(text_string(&file->temporary));
	text_release(&file->temporary);
}
