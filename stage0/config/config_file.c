/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/config/config_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_reader.h"

#define CONFIG_FILE_MAX  ((size_t)64 << 10)
#define CONFIG_FILES_MAX ((size_t)256)

struct names {
	const char *items[CONFIG_FILES_MAX];
	size_t n;
};

static bool is_config_name(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && name[0] != '.' && strcmp(name + length - 5, ".json") == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_name(struct arena *arena, struct names *names, const char *name)
{
	if (!is_config_name(name))
		return 0;
	if (names->n == CONFIG_FILES_MAX)
		return -E2BIG;
	names->items[names->n] = arena_string(arena, name);
	if (names->items[names->n] == NULL)
		return -ENOMEM;
	names->n++;
	return 0;
}

/* The files' names, sorted, so that what is read does not depend on the file system. */
static int list_names(struct arena *arena, int folder, struct names *ret)
{
	auto_close int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL)
		return -errno;
	(void)take_fd(&fd);
	for (;;) {
		const struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(dir);
		if (entry == NULL && errno != 0)
			return -errno;
		if (entry == NULL)
			break;
		r = add_name(arena, ret, entry->d_name);
		if (r < 0)
			return r;
	}
	qsort(ret->items, ret->n, sizeof(ret->items[0]), compare_names);
	return 0;
}

static int check_member(struct json_decoder *decoder, const struct json_value *value,
			const char *name, const char *wanted)
{
	const struct json_value *member = json_value_member(value, name);

	if (member == NULL || member->kind != JSON_VALUE_STRING)
		return json_refuse(decoder, "%s is missing", name);
	if (strcmp(member->string, wanted) != 0)
		return json_refuse(decoder, "%s is \"%s\", expected \"%s\"", name, member->string,
				   wanted);
	return 0;
}

/* The one of kinds that the file says it is. */
static int find_kind(struct json_decoder *decoder, const struct json_value *value,
		     const struct config_kinds *kinds, const struct config_kind **ret)
{
	const struct json_value *member = json_value_member(value, "rktKind");

	for (size_t i = 0; i < kinds->n; i++) {
		*ret = &kinds->items[i];
		if (member != NULL && member->kind == JSON_VALUE_STRING &&
		    strcmp(member->string, kinds->items[i].name) == 0)
			return 0;
	}
	return check_member(decoder, value, "rktKind", kinds->items[0].name);
}

static int decode_file(struct arena *arena, const struct json_source *source,
		       const struct config_kinds *kinds, void *values, struct error *err)
{
	struct json_decoder decoder = { .arena = arena, .place = source->place, .err = err };
	const struct config_kind *kind = kinds->items;
	struct json_value value;
	void *decoded;
	int r = json_read(arena, source, &value, err);

	if (r == 0)
		r = find_kind(&decoder, &value, kinds, &kind);
	if (r == 0)
		r = check_member(&decoder, &value, "rktVersion", "v1");
	if (r < 0)
		return r;
	decoded = arena_alloc(arena, 1, kind->table->size);
	if (decoded == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", source->place);
	r = json_decode(&decoder, &value, kind->table, decoded);
	if (r == 0)
		r = kind->merge(&decoder, decoded, values);
	return r;
}

/* A symlink is fine here: distributions and administrators use them. */
static int read_content(const char *path, struct text *content)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : file_read_fd(fd, CONFIG_FILE_MAX, content);
}

static int read_file(struct arena *arena, const char *path, const struct config_kinds *kinds,
		     void *values, struct error *err)
{
	auto_text struct text content = { 0 };
	struct json_source source = { .place = path };
	int r = read_content(path, &content);

	if (r == -EACCES && kinds->are_secret && geteuid() != 0)
		return 0;
	if (r < 0)
		return error_set(err, -r, "reading %s: %s", path, strerror(-r));
	source.text = text_string(&content);
	source.length = content.length;
	return decode_file(arena, &source, kinds, values, err);
}

int config_folder_read(struct arena *arena, const char *place, const struct config_kinds *kinds,
		       void *values, struct error *err)
{
	const char *path = arena_printf(arena, "%s/%s", place, kinds->items[0].folder);
	auto_close int folder = FD_NONE;
	struct names names = { 0 };
	int r;

	if (path == NULL)
		return error_set(err, ENOMEM, "out of memory");
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (folder < 0 && errno == EACCES && kinds->are_secret && geteuid() != 0)
		return 0;
	if (folder < 0)
		return error_from_errno(err, "opening %s", path);
	r = list_names(arena, folder, &names);
	if (r < 0)
		return error_set(err, -r, "reading the folder %s: %s", path, strerror(-r));
	for (size_t i = 0; i < names.n && r == 0; i++) {
		const char *file = arena_printf(arena, "%s/%s", path, names.items[i]);

		if (file == NULL)
			return error_set(err, ENOMEM, "out of memory");
		r = read_file(arena, file, kinds, values, err);
	}
	return r;
}
