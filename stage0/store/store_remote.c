/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_remote.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/json/json_writer.h"
#include "stage0/store/store_place.h"
#include "stage0/store/store_remote_files.h"

void store_remote_release(struct store_remote *remote)
{
	cleanup_close(&remote->lock);
	cleanup_close(&remote->dir);
}

static int open_dir(const struct store *store, int *ret, struct error *err)
{
	int fd;

	if (mkdirat(store->cas, STORE_REMOTE, 0700) < 0 && errno != EEXIST)
		return error_from_errno(err, "making %s in the image store", STORE_REMOTE);
	fd = openat(store->cas, STORE_REMOTE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_from_errno(err, "opening %s of the image store", STORE_REMOTE);
	*ret = fd;
	return 0;
}

/* Whether the name still leads to the open file: a collection may have removed it meanwhile. */
static bool is_in_place(int dir, const char *name, int fd)
{
	struct stat there, open;

	return fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &open) == 0 &&
	       there.st_ino == open.st_ino && there.st_dev == open.st_dev;
}

static int lock_url(const struct store_remote *remote, int *ret, struct error *err)
{
	char name[STORE_REMOTE_NAME_SIZE];

	store_remote_name(remote->key, STORE_REMOTE_LOCK, name);
	for (;;) {
		auto_close int fd =
		    openat(remote->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (fd < 0)
			return error_from_errno(err, "opening the lock of %s", remote->url);
		while (flock(fd, LOCK_EX) < 0)
			if (errno != EINTR)
				return error_from_errno(err, "locking %s", remote->url);
		if (is_in_place(remote->dir, name, fd)) {
			*ret = take_fd(&fd);
			return 0;
		}
	}
}

int store_remote_open(const struct store *store, const char *url, struct store_remote *ret,
		      struct error *err)
{
	auto_store_remote struct store_remote remote = STORE_REMOTE_NONE;
	int r = open_dir(store, &remote.dir, err);

	remote.url = url;
	store_remote_key(url, remote.key);
	if (r == 0)
		r = lock_url(&remote, &remote.lock, err);
	if (r < 0)
		return r;
	*ret = remote;
	(void)take_fd(&remote.dir);
	(void)take_fd(&remote.lock);
	return 0;
}

int store_remote_find(const struct store *store, const char *url, struct store_remote_record *ret,
		      struct error *err)
{
	auto_close int dir = FD_NONE;
	struct store_remote_record record;
	char key[17], name[STORE_REMOTE_NAME_SIZE];
	int r = open_dir(store, &dir, err);

	if (r < 0)
		return r;
	store_remote_key(url, key);
	store_remote_name(key, STORE_REMOTE_RECORD, name);
	if (store_remote_read_record(dir, name, url, &record) < 0 ||
	    !store_has_image(store, record.id))
		return error_set(err, ENOENT, "no image of %s in the store", url);
	*ret = record;
	return 0;
}

static int write_file(const struct store_remote *remote, const char *suffix, struct text *text,
		      struct error *err)
{
	char name[STORE_REMOTE_NAME_SIZE];

	if (text_status(text) < 0)
		return error_set(err, ENOMEM, "out of memory");
	store_remote_name(remote->key, suffix, name);
	return file_replace_at(remote->dir, name, text_string(text), 0600, err);
}

int store_remote_note(const struct store_remote *remote, const struct store_remote_record *record,
		      struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text };

	json_begin_object(&writer, NULL);
	json_put_string(&writer, "url", remote->url);
	json_put_string(&writer, "id", record->id);
	json_put_string(&writer, "etag", record->etag);
	json_put_u64(&writer, "maxAge", record->max_age_s);
	json_put_u64(&writer, "fetched", record->fetched_s);
	json_put_bool(&writer, "verified", record->verified);
	json_end_object(&writer);
	if (json_writer_finish(&writer) < 0)
		return error_set(err, EINVAL, "noting where an image is from");
	return write_file(remote, STORE_REMOTE_RECORD, &text, err);
}

int store_remote_begin(const struct store_remote *remote, const struct store_remote_head *head,
		       struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text };
	char boot[STORE_REMOTE_BOOT_SIZE];

	json_begin_object(&writer, NULL);
	json_put_string(&writer, "url", remote->url);
	json_put_string(&writer, "etag", head->etag);
	json_put_string(&writer, "lastModified", head->last_modified);
	store_remote_boot(boot);
	json_put_string(&writer, "boot", boot);
	if (head->has_total)
		json_put_u64(&writer, "total", head->total);
	json_end_object(&writer);
	if (json_writer_finish(&writer) < 0)
		return error_set(err, EINVAL, "noting what is being fetched");
	return write_file(remote, STORE_REMOTE_HEAD, &text, err);
}

int store_remote_part(const struct store_remote *remote, int *ret_file,
		      struct store_remote_head *ret_head, struct error *err)
{
	char name[STORE_REMOTE_NAME_SIZE], head_name[STORE_REMOTE_NAME_SIZE];
	struct store_remote_head head = { .total = 0 };
	auto_close int fd = FD_NONE;

	store_remote_name(remote->key, STORE_REMOTE_PART, name);
	store_remote_name(remote->key, STORE_REMOTE_HEAD, head_name);
	fd = openat(remote->dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_from_errno(err, "opening a place for %s", remote->url);
	/* Of what nothing is known nothing can be gone on with. */
	if (store_remote_read_head(remote->dir, head_name, remote->url, &head) < 0 &&
	    ftruncate(fd, 0) < 0)
		return error_from_errno(err, "emptying a part of %s", remote->url);
	*ret_head = head;
	*ret_file = take_fd(&fd);
	return 0;
}

void store_remote_end(const struct store_remote *remote)
{
	char name[STORE_REMOTE_NAME_SIZE];

	/* The head first: a part without one is emptied. */
	store_remote_name(remote->key, STORE_REMOTE_HEAD, name);
	(void)unlinkat(remote->dir, name, 0);
	store_remote_name(remote->key, STORE_REMOTE_PART, name);
	(void)unlinkat(remote->dir, name, 0);
}

/* Of a lock's name: removes what is no longer needed, unless somebody is at it. */
static void collect_one(const struct store *store, int dir, const char *lock_name,
			uint64_t unused_since_s)
{
	auto_close int fd = openat(dir, lock_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct store_remote remote = { .dir = dir, .lock = FD_NONE };
	struct store_remote_record record;
	char name[STORE_REMOTE_NAME_SIZE];
	struct stat st;
	bool is_known;

	(void)snprintf(remote.key, sizeof(remote.key), "%s", lock_name);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	store_remote_name(remote.key, STORE_REMOTE_PART, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (uint64_t)st.st_mtim.tv_sec >= unused_since_s)
		return;
	store_remote_end(&remote);
	store_remote_name(remote.key, STORE_REMOTE_RECORD, name);
	is_known = store_remote_read_record(dir, name, NULL, &record) == 0 &&
		   store_has_image(store, record.id);
	if (is_known)
		return;
	(void)unlinkat(dir, name, 0);
	(void)unlinkat(dir, lock_name, 0);
}

int store_remote_collect(const struct store *store, uint64_t unused_since_s, struct error *err)
{
	auto_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(store->cas, STORE_REMOTE, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT
			   ? 0
			   : error_from_errno(err, "opening %s of the image store", STORE_REMOTE);
	dir = fdopendir(fd);
	if (dir == NULL) {
		cleanup_close(&fd);
		return error_set(err, ENOMEM, "out of memory");
	}
	while ((entry = readdir(dir)) != NULL)
		if (store_remote_is_lock(entry->d_name))
			collect_one(store, fd, entry->d_name, unused_since_s);
	return 0;
}
