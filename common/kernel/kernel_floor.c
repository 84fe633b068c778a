/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/kernel_floor.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/base/cleanup.h"

static const struct {
	const char *call;
	const char *release;
} releases[] = {
	{ "clone3", "5.3" },     { "fsopen", "5.2" },           { "mount_setattr", "5.12" },
	{ "open_tree", "5.2" },  { "openat2", "5.6" },          { "pidfd_open", "5.3" },
	{ "move_mount", "5.2" }, { "setns on a pidfd", "5.8" },
};

const char *kernel_floor_release(const char *call)
{
	for (size_t i = 0; i < ARRAY_LENGTH(releases); i++)
		if (strcmp(releases[i].call, call) == 0)
			return releases[i].release;
	return KERNEL_FLOOR;
}

int kernel_floor_error(struct error *err, const char *call, const char *fmt, ...)
{
	char doing[ERROR_TEXT_SIZE];
	int code = errno > 0 ? errno : EIO;
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(doing, sizeof(doing), fmt, args) < 0)
		doing[0] = '\0';
	va_end(args);
	if (code == ENOSYS)
		return error_set(err, code, "%s: the kernel has no %s, Linux %s or later is needed",
				 doing, call, kernel_floor_release(call));
	errno = code;
	return error_from_errno(err, "%s", doing);
}
