/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stage0/store/store_place.h"

static int open_dir(int at, const char *name, DIR **ret, struct error *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL) {
		(void)error_from_errno(err, "reading %s of the image store", name);
		cleanup_close(&fd);
		return -err->code;
	}
	*ret = dir;
	return 0;
}

static bool is_leftover(const char *name)
{
	return name[0] == '.' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* "ID.manifest" without the ID beside it: the removal of an image was killed. */
static bool is_orphan(int dir_fd, const char *name)
{
	char id[STORE_ID_SIZE];

	if (strlen(name) != STORE_ID_SIZE - 1 + strlen(STORE_SHOWN_MANIFEST) ||
	    strcmp(name + STORE_ID_SIZE - 1, STORE_SHOWN_MANIFEST) != 0)
		return false;
	(void)snprintf(id, sizeof(id), "%.*s", (int)STORE_ID_SIZE - 1, name);
	return faccessat(dir_fd, id, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static int clean(int at, const char *name, struct error *err)
{
	struct dirent *entry;
	DIR *dir = NULL;
	int r = open_dir(at, name, &dir, err);

	if (dir == NULL)
		return r == -ENOENT ? 0 : r;
	while ((entry = readdir(dir)) != NULL)
		if (is_leftover(entry->d_name) || is_orphan(dirfd(dir), entry->d_name))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	return 0;
}

/* The directories in a directory, none deeper. */
static int clean_each(const struct store *store, const char *name, struct error *err)
{
	struct dirent *entry;
	DIR *dir = NULL;
	int r = open_dir(store->cas, name, &dir, err);

	if (dir == NULL)
		return r;
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			r = clean(dirfd(dir), entry->d_name, err);
	(void)closedir(dir);
	return r;
}

int store_leftovers_remove(const struct store *store, struct error *err)
{
	int r = clean(store->cas, STORE_NAMES, err);

	if (r == 0) /* a note of a source that is lost is made again */
		r = clean(store->cas, STORE_SOURCES, err);
	if (r == 0)
		r = clean(store->cas, STORE_REMOTE, err);
	if (r == 0)
		r = clean_each(store, STORE_IMAGES, err);
	return r < 0 ? r : clean_each(store, STORE_TREES, err);
}
