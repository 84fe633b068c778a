/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "stage0/command.h"

const char *command_data_path(const struct command_call *call, const struct config *config)
{
	if (call->global->dir != NULL)
		return call->global->dir;
	return config->data != NULL ? config->data : COMMAND_DATA_PATH;
}

/* Root's alone: the file systems of all pods lie below it. */
static int make_data_dir(const char *path, struct error *err)
{
	return file_make_directories(AT_FDCWD, path, 0750, err);
}

int command_data_dir(const struct command_call *call, struct config *ret_config, int *ret_data_dir,
		     struct error *err)
{
	struct config config;
	const char *path;
	int fd;
	int r;

	r = config_read(call->arena, &call->global->places, &config, err);
	if (r < 0)
		return error_prefix(err, "reading the configuration");
	path = command_data_path(call, &config);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		r = make_data_dir(path, err);
		if (r < 0)
			return r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_from_errno(err, "opening the data directory %s", path);
	if (ret_config != NULL)
		*ret_config = config;
	*ret_data_dir = fd;
	return 0;
}

static void note(const char *who, const char *mark, const char *fmt, va_list args)
    __attribute__((__format__(__printf__, 3, 0)));

static void note(const char *who, const char *mark, const char *fmt, va_list args)
{
	auto_free char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		text = NULL; /* out of memory: the bare format says something */
	else
		error_make_printable(text);
	(void)fprintf(stderr, "%s: %s%s\n", who, mark, text != NULL ? text : fmt);
}

void command_warn(const struct command_call *call, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(call->command->name, "warning: ", fmt, args);
	va_end(args);
}

void command_tell(const struct command_call *call, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		auto_free char *line = strndup(text, length);

		if (line == NULL)
			return;
		error_make_printable(line);
		(void)fprintf(stderr, "%s: %s\n", call->command->name, line);
		text += length + (text[length] == '\n');
	}
}

void command_debug(const struct command_call *call, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (call->global->debug)
		note(call->command->name, "", fmt, args);
	va_end(args);
}

void command_debug_as(const struct command_call *call, const char *who, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (call->global->debug)
		note(who, "", fmt, args);
	va_end(args);
}
