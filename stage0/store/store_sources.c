/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_sources.h"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include "common/base/file.h"
#include "stage0/store/store_place.h"

#define NOTE_MAX   512
#define PLACE_SIZE (sizeof(STORE_SOURCES "/") + (size_t)2 * 16 + 1)

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

/* All that a note says before the id; the id is what is looked up. */
static void describe(const struct stat *source, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%llu %lld %lld ", (unsigned long long)source->st_size,
		       (long long)in_ns(&source->st_mtim), (long long)in_ns(&source->st_ctim));
}

static int read_note(int dir_fd, const char *name, struct text *note)
{
	struct error mine = { 0 };

	return file_read_at(dir_fd, name, NOTE_MAX, note, &mine);
}

int store_sources_find(const struct store *store, const struct stat *source,
		       char ret_id[static STORE_ID_SIZE])
{
	auto_text struct text note = { 0 };
	char place[PLACE_SIZE], wanted[96];
	const char *id;

	find_place(source, place);
	if (read_note(store->cas, place, &note) < 0)
		return -ENOENT;
	describe(source, wanted, sizeof(wanted));
	if (strncmp(text_string(&note), wanted, strlen(wanted)) != 0)
		return -ENOENT;
	id = text_string(&note) + strlen(wanted);
	if (!store_id_is_whole(id))
		return -ENOENT;
	(void)snprintf(ret_id, STORE_ID_SIZE, "%s", id);
	return 0;
}

void store_sources_note(const struct store *store, const struct stat *source, const char *id)
{
	struct error mine = { 0 };
	struct timespec now;
	char note[96 + STORE_ID_SIZE], place[PLACE_SIZE];
	auto_close int dir = FD_NONE;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    in_ns(&now) - in_ns(&source->st_ctim) < SETTLED_NS)
		return;
	if (mkdirat(store->cas, STORE_SOURCES, 0700) < 0 && errno != EEXIST)
		return;
	dir = openat(store->cas, STORE_SOURCES, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir < 0)
		return;
	find_place(source, place);
	describe(source, note, sizeof(note));
	(void)snprintf(note + strlen(note), sizeof(note) - strlen(note), "%s", id);
	if (file_replace_at(dir, strrchr(place, '/') + 1, note, 0600, &mine) < 0)
		return; /* the file will be read again */
}

static void drop_if_stale(const struct store *store, int dir_fd, const char *name)
{
	auto_text struct text note = { 0 };
	const char *id;

	if (read_note(dir_fd, name, &note) < 0)
		return;
	id = strrchr(text_string(&note), ' ');
	if (id == NULL || !store_id_is_whole(id + 1) || !store_has_image(store, id + 1))
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
