/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_remove.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/kernel/tree_remove.h"
#include "stage0/store/store_leftovers.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_names.h"
#include "stage0/store/store_place.h"
#include "stage0/store/store_remote.h"
#include "stage0/store/store_sources.h"

/* In cas/tmp: a tree on its way out.  Nobody locks it, so the next collection may take it, too. */
#define LEAVING "remove-"

static uint64_t in_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000U + (uint64_t)time->tv_nsec;
}

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL && fd >= 0)
		(void)close(fd);
	return dir;
}

/* 1: moved to cas/tmp, 0: somebody needs it.  The store's lock is held. */
static int expel_tree(const struct store *store, const char *tree_id,
		      const struct store_users *users, struct error *err)
{
	auto_close int tree = FD_NONE;
	char place[STORE_TREE_PLACE_SIZE], to[sizeof(STORE_TEMPORARY "/" LEAVING) + 16];
	uint64_t number;
	int r;

	store_tree_place(tree_id, place);
	tree = openat(store->cas, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (tree < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "opening %s", place);
	if (flock(tree, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : error_from_errno(err, "locking %s", place);
	/* After the lock: a pod made meanwhile has its treeStoreID by now. */
	r = users->uses(users->context, tree_id, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_from_errno(err, "removing %s", place);
	(void)snprintf(to, sizeof(to), STORE_TEMPORARY "/" LEAVING "%016llx",
		       (unsigned long long)number);
	if (renameat(store->cas, place, store->cas, to) < 0)
		return error_from_errno(err, "removing %s", place);
	return 1;
}

/* True when nobody is filling it any more. */
static bool is_abandoned(int temporary, const char *name)
{
	auto_close int fd = FD_NONE;

	if (strncmp(name, LEAVING, strlen(LEAVING)) == 0)
		return true;
	if (strncmp(name, "import-", strlen("import-")) != 0)
		return false;
	fd = openat(temporary, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/*
 * Removing may take long, so the store is not locked; is_abandoned() needs the lock
 * for as long as it takes to see whether an import has just begun.
 */
static int sweep_temporary(const struct store *store, struct error *err)
{
	auto_dir DIR *dir = open_dir(store->cas, STORE_TEMPORARY);
	struct dirent *entry;

	if (dir == NULL)
		return error_from_errno(err, "reading %s of the image store", STORE_TEMPORARY);
	while ((entry = readdir(dir)) != NULL) {
		auto_close int lock = FD_NONE;
		bool abandoned;
		int r = store_lock(store, LOCK_EX, &lock, err);

		if (r < 0)
			return r;
		abandoned = is_abandoned(dirfd(dir), entry->d_name);
		cleanup_close(&lock);
		r = abandoned ? tree_remove(dirfd(dir), entry->d_name, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* The record's name may be damaged; then the stale line stays in names/ and leads nowhere. */
static int forget_name(const struct store *store, const char *id, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct store_entry entry;
	struct error mine = { 0 };

	if (store_read_entry(store, &arena, id, &entry, &mine) < 0)
		return 0;
	return store_names_remove(store, entry.record.name, id, err);
}

static int remove_locked(const struct store *store, const char *id, const struct store_users *users,
			 struct error *err)
{
	char place[STORE_IMAGE_PLACE_SIZE], shown[STORE_SHOWN_MANIFEST_SIZE];
	char tree_id[STORE_TREE_ID_SIZE];
	int r = forget_name(store, id, err);

	if (r < 0)
		return r;
	store_image_place(id, place);
	if (unlinkat(store->cas, place, 0) < 0)
		return errno == ENOENT ? error_set(err, ENOENT, "no image \"%s\" in the store", id)
				       : error_from_errno(err, "removing the image %s", id);
	store_shown_manifest_place(id, shown);
	if (unlinkat(store->cas, shown, 0) < 0 && errno != ENOENT)
		return error_from_errno(err, "removing the image %s", id);
	(void)snprintf(tree_id, sizeof(tree_id), STORE_TREE_PREFIX "%.*s", (int)STORE_ID_SIZE - 1,
		       id);
	return expel_tree(store, tree_id, users, err);
}

/* Of a rendered tree: whether an image of its chain is gone, or it was last used before then. */
static bool is_outdated(const struct store *store, const char *place, uint64_t unused_since_ns)
{
	char path[STORE_TREE_PLACE_SIZE + sizeof("/" STORE_CHAIN)];
	auto_text struct text ids = { 0 };
	struct error ignored = { 0 };
	char *rest, *id;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/" STORE_CHAIN, place);
	if (fstatat(store->cas, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    file_read_at(store->cas, path, MANIFEST_MAX_BYTES, &ids, &ignored) < 0)
		return false;
	if (in_ns(&st.st_mtim) < unused_since_ns)
		return true;
	rest = ids.data;
	while ((id = strsep(&rest, "\n")) != NULL)
		if (id[0] != '\0' && !(store_id_is_whole(id) && store_has_image(store, id)))
			return true;
	return false;
}

/* Trees that this store has made only: the original rkt's have neither record nor chain. */
static bool is_unneeded(const struct store *store, const char *tree_id, uint64_t unused_since_ns)
{
	char record[STORE_TREE_PLACE_SIZE + sizeof("/" STORE_RECORD)];
	char place[STORE_TREE_PLACE_SIZE];

	if (!store_tree_id_is_valid(tree_id))
		return false;
	store_tree_place(tree_id, place);
	(void)snprintf(record, sizeof(record), "%s/" STORE_RECORD, place);
	if (faccessat(store->cas, record, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return !store_has_image(store, tree_id + strlen(STORE_TREE_PREFIX));
	return is_outdated(store, place, unused_since_ns);
}

/* The store's lock is held.  told: NULL, or called with each tree that goes. */
static int expel_trees(const struct store *store, const struct store_users *users,
		       const struct store_collection *collection, size_t *ret, struct error *err)
{
	auto_dir DIR *dir = open_dir(store->cas, STORE_TREES);
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL)
		return error_from_errno(err, "reading %s of the image store", STORE_TREES);
	while ((entry = readdir(dir)) != NULL) {
		int r;

		if (!is_unneeded(store, entry->d_name, collection->unused_since_ns))
			continue;
		r = expel_tree(store, entry->d_name, users, err);
		if (r < 0)
			return r;
		if (r > 0 && collection->removed != NULL)
			collection->removed(collection->context, entry->d_name);
		n += (size_t)r;
	}
	*ret = n;
	return 0;
}

int store_remove(const struct store *store, const char *id, const struct store_users *users,
		 bool *ret_kept, struct error *err)
{
	auto_close int lock = FD_NONE;
	size_t rendered = 0;
	int r;

	if (!store_id_is_whole(id))
		return error_set(err, EINVAL, "\"%s\" is not an image id", id);
	r = store_lock(store, LOCK_EX, &lock, err);
	if (r < 0)
		return r;
	r = remove_locked(store, id, users, err);
	/* What was rendered from it has its files, too, and would keep their space. */
	if (r >= 0 &&
	    expel_trees(store, users, &(const struct store_collection){ 0 }, &rendered, err) < 0)
		r = -err->code;
	cleanup_close(&lock);
	if (r > 0 || (r == 0 && rendered > 0)) {
		int removed = sweep_temporary(store, err);

		if (removed < 0)
			return removed;
	}
	if (r < 0)
		return r;
	*ret_kept = r == 0;
	return 0;
}

int store_collect(const struct store *store, const struct store_users *users,
		  const struct store_collection *collection, struct error *err)
{
	auto_close int lock = FD_NONE;
	size_t trees = 0;
	int r = store_lock(store, LOCK_EX, &lock, err);

	if (r < 0)
		return r;
	r = expel_trees(store, users, collection, &trees, err);
	if (r == 0)
		r = store_leftovers_remove(store, err);
	cleanup_close(&lock);
	if (r == 0)
		r = store_sources_collect(store, err);
	if (r == 0)
		r = store_remote_collect(store, collection->unused_since_ns / 1000000000U, err);
	if (r == 0)
		r = sweep_temporary(store, err);
	return r;
}
