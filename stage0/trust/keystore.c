/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/trust/keystore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/file.h"

#define ROOT          "trustedkeys/root.d"
#define PREFIX        "trustedkeys/prefix.d"
#define KEY_FILE_MAX  ((size_t)1 << 20)
#define KEYS_MAX      ((size_t)64 << 20)
#define MODE_OF_KEYS  0644
#define MODE_OF_FOLDS 0755

/* A key that may still be taken back. */
struct trusted {
	const char *fingerprint; /* NULL: taken back */
	const char *content;
	size_t length;
};

struct loading {
	struct arena *arena;
	struct trusted *items;
	size_t n;
	struct error *err;
};

void keyring_release(struct keyring *keyring)
{
	cleanup_close(&keyring->keys);
}

/* Of OpenPGP's versions 4 and 5. */
static bool is_fingerprint(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef");

	return name[n] == '\0' && (n == 40 || n == 64);
}

static struct trusted *find(struct loading *loading, const char *fingerprint)
{
	for (size_t i = 0; i < loading->n; i++)
		if (loading->items[i].fingerprint != NULL &&
		    strcmp(loading->items[i].fingerprint, fingerprint) == 0)
			return &loading->items[i];
	return NULL;
}

static int no_memory(struct loading *loading)
{
	return error_set(loading->err, ENOMEM, "out of memory");
}

static int add_key(struct loading *loading, const char *fingerprint, const struct text *content)
{
	struct trusted *known = find(loading, fingerprint);
	struct trusted key = { .length = content->length };

	if (content->length == 0) {
		if (known != NULL)
			known->fingerprint = NULL;
		return 0;
	}
	if (known == NULL) {
		if (loading->n == KEYRING_KEYS_MAX)
			return error_set(loading->err, E2BIG, "more than %zu trusted keys",
					 KEYRING_KEYS_MAX);
		known = &loading->items[loading->n];
	}
	key.fingerprint = arena_string(loading->arena, fingerprint);
	key.content = arena_bytes(loading->arena, text_string(content), content->length);
	if (key.fingerprint == NULL || key.content == NULL)
		return no_memory(loading);
	*known = key;
	loading->n += known == &loading->items[loading->n];
	return 0;
}

static int load_file(struct loading *loading, int folder, const char *path, const char *name)
{
	auto_close int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_text struct text content = { 0 };
	int r = fd < 0 ? -errno : file_read_fd(fd, KEY_FILE_MAX, &content);

	if (r < 0)
		return error_set(loading->err, -r, "reading the key %s/%s: %s", path, name,
				 strerror(-r));
	return add_key(loading, name, &content);
}

/* The keys in a folder itself; those in folders below it are for longer prefixes. */
static int load_folder(struct loading *loading, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (dir == NULL)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : error_from_errno(loading->err, "opening the keys in %s", path);
	(void)take_fd(&fd);
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (is_fingerprint(entry->d_name))
			r = load_file(loading, dirfd(dir), path, entry->d_name);
	return r;
}

static int load_prefixes(struct loading *loading, const char *place, const char *name)
{
	size_t length = 0;
	int r = 0;

	while (r == 0 && name[length] != '\0') {
		char *path;

		length += strcspn(name + length + (length > 0), "/") + (length > 0);
		path = arena_printf(loading->arena, "%s/" PREFIX "/%.*s", place, (int)length, name);
		r = path == NULL ? no_memory(loading) : load_folder(loading, path);
	}
	return r;
}

static int load_all(struct loading *loading, const struct config_places *places, const char *name)
{
	const char *const in_order[] = { places->vendor, places->machine };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(in_order); i++) {
		char *path = arena_printf(loading->arena, "%s/" ROOT, in_order[i]);

		r = path == NULL ? no_memory(loading) : load_folder(loading, path);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(in_order); i++)
		r = load_prefixes(loading, in_order[i], name);
	return r;
}

static int write_ring(struct loading *loading, struct keyring *ret)
{
	auto_close int fd = memfd_create("keys", MFD_CLOEXEC);
	const char **fingerprints = arena_array(loading->arena, loading->n + 1, const char *);
	size_t n = 0, total = 0;

	if (fd < 0 || fingerprints == NULL)
		return no_memory(loading);
	for (size_t i = 0; i < loading->n; i++) {
		const struct trusted *key = &loading->items[i];

		if (key->fingerprint == NULL)
			continue;
		total += key->length;
		if (total > KEYS_MAX || file_write_fd(fd, key->content, key->length) < 0 ||
		    file_write_fd(fd, "\n", 1) < 0)
			return error_set(loading->err, EFBIG, "collecting the trusted keys");
		fingerprints[n++] = key->fingerprint;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_from_errno(loading->err, "collecting the trusted keys");
	*ret = (struct keyring){ .keys = take_fd(&fd), .fingerprints = fingerprints, .n = n };
	return 0;
}

int keystore_load(struct arena *arena, const struct config_places *places, const char *name,
		  struct keyring *ret, struct error *err)
{
	struct loading loading = { .arena = arena, .err = err };
	int r;

	loading.items = arena_array(arena, KEYRING_KEYS_MAX, struct trusted);
	if (loading.items == NULL)
		return no_memory(&loading);
	r = load_all(&loading, places, name);
	return r < 0 ? r : write_ring(&loading, ret);
}

static const char *folder_of(struct arena *arena, const char *place, const char *prefix)
{
	return prefix[0] == '\0' ? arena_printf(arena, "%s/" ROOT, place)
				 : arena_printf(arena, "%s/" PREFIX "/%s", place, prefix);
}

bool keystore_has(const struct config_places *places, const char *prefix, const char *fingerprint)
{
	const char *const in_order[] = { places->vendor, places->machine };
	auto_arena struct arena arena = { 0 };
	bool has = false;

	for (size_t i = 0; i < ARRAY_LENGTH(in_order); i++) {
		const char *folder = folder_of(&arena, in_order[i], prefix);
		const char *path =
		    folder != NULL ? arena_printf(&arena, "%s/%s", folder, fingerprint) : NULL;

		has = has || (path != NULL && access(path, F_OK) == 0);
	}
	return has;
}

int keystore_add(struct arena *arena, const struct config_places *places,
		 const struct keystore_key *key, const char **ret_path, struct error *err)
{
	const char *folder = folder_of(arena, places->machine, key->prefix);
	const char *path =
	    folder != NULL ? arena_printf(arena, "%s/%s", folder, key->fingerprint) : NULL;
	auto_close int fd = FD_NONE;
	int r;

	if (path == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (!is_fingerprint(key->fingerprint))
		return error_set(err, EINVAL, "\"%s\" is no fingerprint of a key",
				 key->fingerprint);
	r = file_make_directories(AT_FDCWD, folder, MODE_OF_FOLDS, err);
	if (r < 0)
		return r;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening %s", folder);
	r = file_replace_at(fd, key->fingerprint, key->armored, MODE_OF_KEYS, err);
	if (r < 0)
		return r;
	*ret_path = path;
	return 0;
}
