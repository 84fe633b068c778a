/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_quarantine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/file.h"
#include "common/kernel/tree_remove.h"
#include "stage0/store/store_names.h"
#include "stage0/store/store_place.h"
#include "stage0/store/tree_sums.h"

#define TREE "tree"

void store_quarantine_release(struct store_quarantine *quarantine)
{
	cleanup_close(&quarantine->dir);
	cleanup_close(&quarantine->tree);
}

static int open_directory(int at, const char *name, int *ret_fd, struct error *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_from_errno(err, "opening %s", name);
	*ret_fd = fd;
	return 0;
}

static int make_and_open(int at, const char *name, int *ret_fd, struct error *err)
{
	if (mkdirat(at, name, 0700) < 0)
		return error_from_errno(err, "making %s in the image store", name);
	return open_directory(at, name, ret_fd, err);
}

static struct store_quarantine take(struct store_quarantine *held)
{
	struct store_quarantine taken = *held;

	*held = (struct store_quarantine)STORE_QUARANTINE_NONE;
	return taken;
}

int store_quarantine_open(const struct store *store, struct store_quarantine *ret,
			  struct error *err)
{
	auto_store_quarantine struct store_quarantine made = STORE_QUARANTINE_NONE;
	auto_close int lock = FD_NONE, temporary = FD_NONE;
	uint64_t number;
	int r;

	/* Shared with other imports; keeps store_collect() off between mkdir and flock. */
	r = store_lock(store, LOCK_SH, &lock, err);
	if (r < 0)
		return r;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_from_errno(err, "naming a directory of the image store");
	(void)snprintf(made.name, sizeof(made.name), "import-%016llx", (unsigned long long)number);
	r = open_directory(store->cas, STORE_TEMPORARY, &temporary, err);
	if (r == 0)
		r = make_and_open(temporary, made.name, &made.dir, err);
	if (r == 0 && flock(made.dir, LOCK_EX | LOCK_NB) < 0)
		r = error_from_errno(err, "locking %s in the image store", made.name);
	if (r == 0)
		r = make_and_open(made.dir, TREE, &made.tree, err);
	if (r < 0)
		return r;
	*ret = take(&made);
	return 0;
}

static int write_record(int tree, const struct store_record *record, struct error *err)
{
	auto_text struct text line = { 0 };

	if (store_record_write(record, &line) < 0)
		return error_set(err, ENOMEM, "writing the record of %s", record->id);
	return file_replace_at(tree, STORE_RECORD, text_string(&line), 0640, err);
}

/* Another name of a tree's file, atomically also when it is there. */
static int link_file(const struct store *store, int tree, const char *name, const char *place,
		     struct error *err)
{
	char fresh[2 * STORE_SHOWN_MANIFEST_SIZE];
	const char *last = strrchr(place, '/') + 1;

	(void)snprintf(fresh, sizeof(fresh), "%.*s.%s", (int)(last - place), place, last);
	(void)unlinkat(store->cas, fresh, 0);
	if (linkat(tree, name, store->cas, fresh, 0) < 0 ||
	    renameat(store->cas, fresh, store->cas, place) < 0)
		return error_from_errno(err, "entering %s into the image store", place);
	return 0;
}

/* Makes image/XX/ID the tree's record: with that the image is in the store. */
static int link_image(const struct store *store, const struct store_record *record, int tree,
		      struct error *err)
{
	char place[STORE_IMAGE_PLACE_SIZE], shown[STORE_SHOWN_MANIFEST_SIZE];
	char *slash;
	int r;

	store_image_place(record->id, place);
	store_shown_manifest_place(record->id, shown);
	slash = strrchr(place, '/');
	*slash = '\0';
	if (mkdirat(store->cas, place, 0750) < 0 && errno != EEXIST)
		return error_from_errno(err, "making %s in the image store", place);
	*slash = '/';
	r = link_file(store, tree, STORE_MANIFEST, shown, err);
	return r < 0 ? r : link_file(store, tree, STORE_RECORD, place, err);
}

static int renew_locked(const struct store *store, const struct store_record *record,
			struct error *err)
{
	auto_close int tree = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	int r;

	(void)snprintf(tree_id, sizeof(tree_id), STORE_TREE_PREFIX "%.*s", (int)STORE_ID_SIZE - 1,
		       record->id);
	r = store_open_tree(store, tree_id, &tree, err);
	if (r == 0)
		r = write_record(tree, record, err);
	if (r == 0)
		r = link_image(store, record, tree, err);
	return r < 0 ? r : store_names_add(store, record, err);
}

int store_renew(const struct store *store, const struct store_record *record, struct error *err)
{
	auto_close int lock = FD_NONE;
	int r = store_lock(store, LOCK_EX, &lock, err);

	return r < 0 ? r : renew_locked(store, record, err);
}

int store_quarantine_move(const struct store *store, const struct store_quarantine *quarantine,
			  const char *tree_id, struct error *err)
{
	char place[STORE_TREE_PLACE_SIZE];

	store_tree_place(tree_id, place);
	if (renameat2(quarantine->dir, TREE, store->cas, place, RENAME_NOREPLACE) < 0 &&
	    errno != EEXIST)
		return error_from_errno(err, "moving the image into the store");
	return 0;
}

/* Summing up is reading and computing, writing to disk is waiting: both at a time. */
int store_quarantine_settle(struct store_quarantine *quarantine, struct error *err)
{
	const pid_t writer = fork();
	int status = 0, r;

	if (writer < 0)
		return error_from_errno(err, "writing the image to disk");
	if (writer == 0)
		_exit(syncfs(quarantine->dir) < 0 ? errno : 0);
	r = tree_sums_record(quarantine->tree, err);
	while (waitpid(writer, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	if (status != 0)
		return error_set(err, WIFEXITED(status) ? WEXITSTATUS(status) : EINTR,
				 "writing the image to disk");
	quarantine->is_settled = true;
	return 0;
}

int store_quarantine_publish(const struct store *store, struct store_quarantine *quarantine,
			     const struct store_record *record, struct error *err)
{
	auto_close int lock = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	int r;

	if (!store_id_is_whole(record->id))
		return error_set(err, EINVAL, "\"%s\" is not an image id", record->id);
	/* All files of the tree before the name that makes them an image. */
	r = quarantine->is_settled ? 0 : store_quarantine_settle(quarantine, err);
	r = r < 0 ? r : write_record(quarantine->tree, record, err);
	/* What was written meanwhile. */
	if (r == 0 && syncfs(quarantine->dir) < 0)
		r = error_from_errno(err, "writing the image to disk");
	if (r < 0)
		return r;
	r = store_lock(store, LOCK_EX, &lock, err);
	if (r < 0)
		return r;
	(void)snprintf(tree_id, sizeof(tree_id), STORE_TREE_PREFIX "%.*s", (int)STORE_ID_SIZE - 1,
		       record->id);
	r = store_quarantine_move(store, quarantine, tree_id, err);
	if (r < 0)
		return r;
	r = renew_locked(store, record, err);
	if (r < 0)
		return r;
	if (syncfs(quarantine->dir) < 0)
		return error_from_errno(err, "writing the image to disk");
	return 0;
}

int store_quarantine_drop(const struct store *store, struct store_quarantine *quarantine,
			  struct error *err)
{
	auto_close int temporary = FD_NONE;
	int r = open_directory(store->cas, STORE_TEMPORARY, &temporary, err);

	if (r == 0)
		r = tree_remove(temporary, quarantine->name, err);
	store_quarantine_release(quarantine);
	return r;
}
