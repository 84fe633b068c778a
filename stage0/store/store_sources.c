/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_sources.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include "common/base/file.h"
#include "stage0/store/store_place.h"

#define NOTE_MAX   8192
#define KEY_DIGITS 64
#define KEY_PREFIX "key-"
#define PLACE_SIZE (sizeof(STORE_SOURCES "/" KEY_PREFIX) + KEY_DIGITS)

/* Coarse time stamps: a write this soon after the last one may not show in ctime. */
#define SETTLED_NS 2000000000

static int64_t in_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static void find_place(const struct stat *source, char ret[static PLACE_SIZE])
{
	(void)snprintf(ret, PLACE_SIZE, STORE_SOURCES "/%llx-%llx",
		       (unsigned long long)source->st_dev, (unsigned long long)source->st_ino);
}

static void find_key_place(const char *key, char ret[static PLACE_SIZE])
{
	(void)snprintf(ret, PLACE_SIZE, STORE_SOURCES "/" KEY_PREFIX "%.*s", KEY_DIGITS, key);
}

/* All that a note says before the id; the id is what is looked up. */
static void describe(const struct store_source *source, struct text *out)
{
	const struct stat *stat = &source->stat;

	(void)text_printf(out, "%llu %lld %lld %s%s", (unsigned long long)stat->st_size,
			  (long long)in_ns(&stat->st_mtim), (long long)in_ns(&stat->st_ctim),
			  source->asked, source->asked[0] != '\0' ? " " : "");
}

static int read_note(int dir_fd, const char *name, struct text *note)
{
	struct error mine = { 0 };

	return file_read_at(dir_fd, name, NOTE_MAX, note, &mine);
}

static int find_note(const struct store *store, const char *place, const struct text *wanted,
		     char ret_id[static STORE_ID_SIZE])
{
	auto_text struct text note = { 0 };
	const char *id;

	if (text_status(wanted) < 0 || read_note(store->cas, place, &note) < 0 ||
	    strncmp(text_string(&note), text_string(wanted), wanted->length) != 0)
		return -ENOENT;
	id = text_string(&note) + wanted->length;
	if (!store_id_is_whole(id))
		return -ENOENT;
	(void)snprintf(ret_id, STORE_ID_SIZE, "%s", id);
	return 0;
}

/* Best effort: what is not noted will be read again. */
static void put_note(const struct store *store, const char *place, struct text *note,
		     const char *id)
{
	auto_close int dir = FD_NONE;
	struct error mine = { 0 };

	if (text_append(note, id) < 0 || note->length > NOTE_MAX)
		return;
	if (mkdirat(store->cas, STORE_SOURCES, 0700) < 0 && errno != EEXIST)
		return;
	dir = openat(store->cas, STORE_SOURCES, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir >= 0)
		result_ignored(
		    file_replace_at(dir, strrchr(place, '/') + 1, text_string(note), 0600, &mine));
}

int store_sources_find(const struct store *store, const struct store_source *source,
		       char ret_id[static STORE_ID_SIZE])
{
	auto_text struct text wanted = { 0 };
	char place[PLACE_SIZE];

	find_place(&source->stat, place);
	describe(source, &wanted);
	return find_note(store, place, &wanted, ret_id);
}

void store_sources_note(const struct store *store, const struct store_source *source,
			const char *id)
{
	auto_text struct text note = { 0 };
	char place[PLACE_SIZE];
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    in_ns(&now) - in_ns(&source->stat.st_ctim) < SETTLED_NS)
		return;
	find_place(&source->stat, place);
	describe(source, &note);
	put_note(store, place, &note, id);
}

int store_sources_find_key(const struct store *store, const char *key,
			   char ret_id[static STORE_ID_SIZE])
{
	const struct text nothing = { 0 };
	char place[PLACE_SIZE];

	find_key_place(key, place);
	return find_note(store, place, &nothing, ret_id);
}

void store_sources_note_key(const struct store *store, const char *key, const char *id)
{
	auto_text struct text note = { 0 };
	char place[PLACE_SIZE];

	find_key_place(key, place);
	put_note(store, place, &note, id);
}

static void drop_if_stale(const struct store *store, int dir_fd, const char *name)
{
	auto_text struct text note = { 0 };
	const char *id;

	if (read_note(dir_fd, name, &note) < 0)
		return;
	id = strrchr(text_string(&note), ' ');
	id = id != NULL ? id + 1 : text_string(&note);
	if (!store_id_is_whole(id) || !store_has_image(store, id))
		(void)unlinkat(dir_fd, name, 0);
}

int store_sources_collect(const struct store *store, struct error *err)
{
	int fd = openat(store->cas, STORE_SOURCES, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		if (fd < 0 && errno == ENOENT)
			return 0;
		(void)error_from_errno(err, "reading %s of the image store", STORE_SOURCES);
		cleanup_close(&fd);
		return -err->code;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			drop_if_stale(store, fd, entry->d_name);
	(void)closedir(dir);
	return 0;
}
