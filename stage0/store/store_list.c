/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "stage0/store/store_place.h"

/* NULL: it is not there (errno ENOENT), or an error. */
static DIR *open_dir(int at, const char *name)
{
	auto_close int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (dir != NULL)
		(void)take_fd(&fd);
	return dir;
}

struct visit {
	const char *prefix;
	store_id_visitor *visitor;
	void *context;
};

static int visit_shard(int images, const char *shard, const struct visit *visit, struct error *err)
{
	auto_dir DIR *dir = open_dir(images, shard);
	struct dirent *entry;

	if (dir == NULL)
		return errno == ENOENT ? 0
				       : error_from_errno(err, "reading the images of %s", shard);
	while ((entry = readdir(dir)) != NULL) {
		int r;

		if (strncmp(entry->d_name, visit->prefix, strlen(visit->prefix)) != 0 ||
		    !store_id_is_whole(entry->d_name))
			continue;
		r = visit->visitor(visit->context, entry->d_name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int store_visit_ids(const struct store *store, const char *prefix, store_id_visitor *visitor,
		    void *context, struct error *err)
{
	const struct visit visit = { .prefix = prefix, .visitor = visitor, .context = context };
	auto_dir DIR *shards = open_dir(store->cas, STORE_IMAGES);
	const char *digits = prefix + strlen(STORE_ID_PREFIX);
	char shard[3] = "";
	struct dirent *entry;

	if (shards == NULL)
		return error_from_errno(err, "reading the images of the store");
	if (strlen(digits) >= 2) {
		(void)snprintf(shard, sizeof(shard), "%.2s", digits);
		return visit_shard(dirfd(shards), shard, &visit, err);
	}
	while ((entry = readdir(shards)) != NULL) {
		int r;

		if (strlen(entry->d_name) != 2 || strcmp(entry->d_name, "..") == 0 ||
		    strncmp(entry->d_name, digits, strlen(digits)) != 0)
			continue;
		r = visit_shard(dirfd(shards), entry->d_name, &visit, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int store_read_entry(const struct store *store, struct arena *arena, const char *id,
		     struct store_entry *ret, struct error *err)
{
	auto_close int fd = FD_NONE;
	auto_text struct text line = { 0 };
	char place[STORE_IMAGE_PLACE_SIZE];
	struct store_entry entry = { 0 };
	const char *cursor;
	struct stat st;
	int r;

	store_image_place(id, place);
	fd = openat(store->cas, place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_from_errno(err, "reading the record of %s", id);
	r = file_read_fd(fd, MANIFEST_MAX_BYTES, &line);
	cursor = text_string(&line);
	if (r >= 0)
		r = store_record_read(arena, &cursor, &entry.record);
	if (r < 0)
		return error_set(err, -r, "reading the record of %s: %s", id, strerror(-r));
	if (r == 0 || strcmp(entry.record.id, id) != 0)
		return error_set(err, EINVAL, "the record of %s is damaged", id);
	entry.used_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec;
	*ret = entry;
	return 0;
}

struct listing {
	const struct store *store;
	struct arena *arena;
	struct store_entries entries;
	size_t capacity;
};

/* Where the next entry goes; NULL: out of memory. */
static struct store_entry *next_entry(struct listing *listing)
{
	struct store_entries *entries = &listing->entries;
	size_t capacity = listing->capacity == 0 ? 64 : 2 * listing->capacity;
	struct store_entry *items = entries->items;

	if (items == NULL || entries->n == listing->capacity) {
		items = arena_array(listing->arena, capacity, struct store_entry);
		if (items == NULL)
			return NULL;
		if (entries->items != NULL)
			memcpy(items, entries->items, entries->n * sizeof(*items));
		entries->items = items;
		listing->capacity = capacity;
	}
	return &items[entries->n];
}

static int add_entry(void *context, const char *id, struct error *err)
{
	struct listing *listing = context;
	struct store_entry *entry = next_entry(listing);
	struct error mine = { 0 };
	int r = entry == NULL ? -ENOMEM
			      : store_read_entry(listing->store, listing->arena, id, entry, &mine);

	if (r == -ENOMEM)
		return error_set(err, ENOMEM, "listing the images");
	if (r == 0)
		listing->entries.n++;
	return 0;
}

int store_list(const struct store *store, struct arena *arena, struct store_entries *ret,
	       struct error *err)
{
	struct listing listing = { .store = store, .arena = arena };
	int r = store_visit_ids(store, STORE_ID_PREFIX, add_entry, &listing, err);

	if (r < 0)
		return r;
	*ret = listing.entries;
	return 0;
}
