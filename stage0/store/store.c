/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/base/file.h"
#include "stage0/store/store_inbox.h"
#include "stage0/store/store_place.h"

/* Few files that stay; two keys that share one only wait for each other. */
#define WORK_LOCKS 64

static int make_store(int data_dir, struct error *err)
{
	static const struct {
		const char *path;
		mode_t mode; /* the group of the data directory may look, but not into images */
	} places[] = {
		{ "cas", 0750 },
		{ "cas/" STORE_TREES, 0700 },
		{ "cas/" STORE_IMAGES, 0750 },
		{ "cas/" STORE_NAMES, 0750 },
		{ "cas/" STORE_REMOTE, 0700 },
		{ "cas/" STORE_TEMPORARY, 0700 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++)
		if (mkdirat(data_dir, places[i].path, places[i].mode) < 0 && errno != EEXIST)
			return error_from_errno(err, "making the image store, %s", places[i].path);
	return 0;
}

int store_open(int data_dir, struct store *ret, struct error *err)
{
	auto_close int fd = openat(data_dir, "cas", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_new = false;
	int r;

	if (fd < 0 && errno != ENOENT)
		return error_from_errno(err, "opening the image store");
	/* tmp is made last; the original rkt's cas has one too, but no names. */
	if (fd < 0 || faccessat(fd, STORE_NAMES, F_OK, 0) < 0 ||
	    faccessat(fd, STORE_TEMPORARY, F_OK, 0) < 0) {
		cleanup_close(&fd);
		r = make_store(data_dir, err);
		if (r < 0)
			return r;
		is_new = true;
		fd = openat(data_dir, "cas", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_from_errno(err, "opening the image store");
	r = is_new ? store_inbox_make(&(const struct store){ fd }, err) : 0;
	if (r < 0)
		return r;
	ret->cas = take_fd(&fd);
	return 0;
}

void store_close(struct store *store)
{
	cleanup_close(&store->cas);
}

void store_image_release(struct store_image *image)
{
	cleanup_close(&image->tree);
}

void store_tree_place(const char *tree_id, char ret[static STORE_TREE_PLACE_SIZE])
{
	(void)snprintf(ret, STORE_TREE_PLACE_SIZE, STORE_TREES "/%s", tree_id);
}

void store_image_place(const char *id, char ret[static STORE_IMAGE_PLACE_SIZE])
{
	(void)snprintf(ret, STORE_IMAGE_PLACE_SIZE, STORE_IMAGES "/%.2s/%s",
		       id + strlen(STORE_ID_PREFIX), id);
}

void store_shown_manifest_place(const char *id, char ret[static STORE_SHOWN_MANIFEST_SIZE])
{
	(void)snprintf(ret, STORE_SHOWN_MANIFEST_SIZE, STORE_IMAGES "/%.2s/%s" STORE_SHOWN_MANIFEST,
		       id + strlen(STORE_ID_PREFIX), id);
}

bool store_id_is_whole(const char *id)
{
	const char *digits = id + strlen(STORE_ID_PREFIX);

	return strncmp(id, STORE_ID_PREFIX, strlen(STORE_ID_PREFIX)) == 0 &&
	       strspn(digits, "0123456789abcdef") == STORE_ID_DIGITS &&
	       digits[STORE_ID_DIGITS] == '\0';
}

bool store_tree_id_is_valid(const char *tree_id)
{
	return strncmp(tree_id, STORE_TREE_PREFIX, strlen(STORE_TREE_PREFIX)) == 0 &&
	       store_id_is_whole(tree_id + strlen(STORE_TREE_PREFIX));
}

static int lock_file(const struct store *store, const char *name, int operation, int *ret_fd,
		     struct error *err)
{
	auto_close int fd =
	    openat(store->cas, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_from_errno(err, "opening the lock of the image store");
	while (flock(fd, operation) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "locking the image store");
	*ret_fd = take_fd(&fd);
	return 0;
}

int store_lock(const struct store *store, int operation, int *ret_fd, struct error *err)
{
	return lock_file(store, STORE_LOCK, operation, ret_fd, err);
}

int store_lock_work(const struct store *store, const char *key, int *ret_fd, struct error *err)
{
	char name[sizeof(STORE_LOCK "-00")];
	unsigned sum = 0;

	for (; *key != '\0'; key++)
		sum = sum * 31 + (unsigned char)*key;
	(void)snprintf(name, sizeof(name), STORE_LOCK "-%02x", sum % WORK_LOCKS);
	return lock_file(store, name, LOCK_EX, ret_fd, err);
}

bool store_has_image(const struct store *store, const char *id)
{
	char place[STORE_IMAGE_PLACE_SIZE];

	store_image_place(id, place);
	return faccessat(store->cas, place, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_find_id(const struct store *store, const char *id, struct store_image *ret,
		  struct error *err)
{
	struct store_image image = STORE_IMAGE_NONE;
	auto_close int tree = FD_NONE;
	char place[STORE_TREE_PLACE_SIZE];

	if (!store_id_is_whole(id))
		return error_set(err, EINVAL, "\"%s\" is not an image id", id);
	(void)snprintf(image.id, sizeof(image.id), "%s", id);
	(void)snprintf(image.tree_id, sizeof(image.tree_id), STORE_TREE_PREFIX "%s", image.id);
	store_tree_place(image.tree_id, place);
	tree = openat(store->cas, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (tree < 0 && errno == EACCES && store_has_image(store, id)) {
		*ret = image; /* a member of the group, who may only be told about it */
		return 0;
	}
	if (tree < 0 && errno != ENOENT)
		return error_from_errno(err, "opening the image %s", id);
	while (tree >= 0 && flock(tree, LOCK_SH) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "locking the image %s", id);
	/* After the lock: who removes a tree takes the image's place away first. */
	if (tree < 0 || !store_has_image(store, id))
		return error_set(err, ENOENT, "no image \"%s\" in the store", id);
	image.tree = take_fd(&tree);
	*ret = image;
	return 0;
}

int store_read_manifest(const struct store_image *image, struct text *out, struct error *err)
{
	int r = file_read_at(image->tree, STORE_MANIFEST, MANIFEST_MAX_BYTES, out, err);

	return r < 0 ? error_prefix(err, "image %s", image->id) : 0;
}

int store_show_manifest(const struct store *store, const struct store_image *image,
			struct text *out, struct error *err)
{
	char place[STORE_SHOWN_MANIFEST_SIZE];

	if (image->tree >= 0)
		return store_read_manifest(image, out, err);
	store_shown_manifest_place(image->id, place);
	return file_read_at(store->cas, place, MANIFEST_MAX_BYTES, out, err);
}

void store_mark_used(const struct store_image *image)
{
	if (utimensat(image->tree, STORE_RECORD, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		(void)utimensat(image->tree, STORE_CHAIN, NULL, AT_SYMLINK_NOFOLLOW);
}

int store_open_tree(const struct store *store, const char *tree_id, int *ret_tree,
		    struct error *err)
{
	char place[STORE_TREE_PLACE_SIZE];
	int fd;

	if (!store_tree_id_is_valid(tree_id))
		return error_set(err, EINVAL, "\"%s\" is not the id of a tree", tree_id);
	store_tree_place(tree_id, place);
	fd = openat(store->cas, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_from_errno(err, "opening the tree %s of the image store", tree_id);
	*ret_tree = fd;
	return 0;
}
