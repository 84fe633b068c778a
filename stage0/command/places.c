/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/places.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"

#define UUID_FILE_MAX 4096

void places_close(struct places *places)
{
	store_close(&places->store);
	pods_close(&places->pods);
	cleanup_close(&places->data_dir);
}

/* As the kernel knows it: --dir may be relative, and the entrypoints run elsewhere. */
static int find_path(struct arena *arena, int fd, const char **ret, struct error *err)
{
	char link[sizeof("/proc/self/fd/") + 12], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return error_from_errno(err, "finding the path of the data directory");
	path[n] = '\0';
	*ret = arena_string(arena, path);
	return *ret == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

static struct places take(struct places *held)
{
	struct places taken = *held;

	*held = (struct places)PLACES_NONE;
	return taken;
}

int places_open(const struct command_call *call, struct places *ret, struct error *err)
{
	auto_places struct places places = PLACES_NONE;
	int r = command_data_dir(call, NULL, &places.data_dir, err);

	if (r == 0)
		r = find_path(call->arena, places.data_dir, &places.data_path, err);
	if (r == 0)
		r = pods_open(places.data_dir, &places.pods, err);
	if (r == 0)
		r = store_open(places.data_dir, &places.store, err);
	if (r < 0)
		return r;
	*ret = take(&places);
	return 0;
}

static int read_uuid_file(struct arena *arena, const char *path, const char **ret,
			  struct error *err)
{
	auto_text struct text content = { 0 };
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *uuid;
	int r;

	if (fd < 0)
		return error_from_errno(err, "opening the UUID file %s", path);
	r = file_read_fd(fd, UUID_FILE_MAX, &content);
	if (r < 0)
		return error_set(err, -r, "reading the UUID file %s: %s", path, strerror(-r));
	uuid = arena_string(arena, text_string(&content));
	if (uuid == NULL)
		return error_set(err, ENOMEM, "out of memory");
	uuid += strspn(uuid, " \t\n");
	uuid[strcspn(uuid, " \t\n")] = '\0';
	if (uuid[0] == '\0')
		return error_set(err, EINVAL, "the UUID file %s is empty", path);
	*ret = uuid;
	return 0;
}

int uuids_read(const struct command_call *call, const char *uuid_file, struct uuids *ret,
	       struct error *err)
{
	const char **uuids;
	int r;

	if (uuid_file == NULL && call->n_arguments == 0)
		return error_set(err, EINVAL, "no UUID of a pod given");
	if (uuid_file != NULL && call->n_arguments > 0)
		return error_set(err, EINVAL, "both --uuid-file and a UUID given");
	if (uuid_file == NULL) {
		*ret = (struct uuids){ (const char *const *)call->arguments, call->n_arguments };
		return 0;
	}
	uuids = arena_new(call->arena, const char *);
	if (uuids == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = read_uuid_file(call->arena, uuid_file, uuids, err);
	if (r < 0)
		return r;
	*ret = (struct uuids){ uuids, 1 };
	return 0;
}

void complain(const struct command_call *call, const struct error *err)
{
	(void)fprintf(stderr, "%s: %s\n", call->command->name, err->text);
}
