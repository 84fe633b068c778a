/* SPDX-License-Identifier: Apache-2.0 */
#include "image/source_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "common/base/cleanup.h"
#include "image/xattr_kept.h"

#define XATTR_LIST_MAX_BYTES  65536 /* the kernel's own limits */
#define XATTR_VALUE_MAX_BYTES 65536

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct tar_xattr *)a)->name, ((const struct tar_xattr *)b)->name);
}

static int read_xattr(int fd, struct arena *arena, const char *name, struct tar_xattr *ret,
		      struct error *err)
{
	char value[XATTR_VALUE_MAX_BYTES];
	ssize_t n = fgetxattr(fd, name, value, sizeof(value));

	if (n < 0)
		return error_from_errno(err, "reading the xattr %s", name);
	ret->name = arena_string(arena, name);
	ret->value = arena_bytes(arena, value, (size_t)n);
	ret->value_length = (size_t)n;
	if (ret->name == NULL || ret->value == NULL)
		return error_set(err, ENOMEM, "reading the xattr %s: out of memory", name);
	return 0;
}

int source_xattrs(int fd, struct arena *arena, struct tar_entry *entry, struct error *err)
{
	char list[XATTR_LIST_MAX_BYTES];
	ssize_t length = flistxattr(fd, list, sizeof(list));
	struct tar_xattr *xattrs = NULL;
	size_t n = 0;

	if (length < 0 && errno != ENOTSUP)
		return error_from_errno(err, "listing the xattrs");
	for (const char *name = list; name < list + length; name += strlen(name) + 1) {
		int r;

		if (!image_xattr_is_kept(name))
			continue;
		if (xattrs == NULL)
			xattrs = arena_array(arena, TAR_MAX_XATTRS, struct tar_xattr);
		if (xattrs == NULL)
			return error_set(err, ENOMEM, "listing the xattrs: out of memory");
		if (n == TAR_MAX_XATTRS)
			return error_set(err, E2BIG, "it has more than %d xattrs", TAR_MAX_XATTRS);
		r = read_xattr(fd, arena, name, &xattrs[n], err);
		if (r < 0)
			return r;
		n++;
	}
	if (n > 1)
		qsort(xattrs, n, sizeof(*xattrs), compare_xattrs);
	entry->xattrs = xattrs;
	entry->n_xattrs = n;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The list doubles within the arena: what it outgrows is wasted, at most as much again. */
static int add_name(struct arena *arena, const char ***names, size_t n, const char *name)
{
	/* At every power of two the list, with its NULL, is full. */
	if (n == 0 || (n >= 16 && (n & (n - 1)) == 0)) {
		const char **grown = arena_array(arena, (n < 16 ? 16 : 2 * n) + 1, const char *);

		if (grown == NULL)
			return -ENOMEM;
		if (n > 0)
			memcpy(grown, *names, n * sizeof(*grown));
		*names = grown;
	}
	(*names)[n] = arena_string(arena, name);
	return (*names)[n] == NULL ? -ENOMEM : 0;
}

static int read_names(DIR *directory, struct arena *arena, const char ***ret)
{
	const char **names = arena_array(arena, 1, const char *);
	const struct dirent *found;
	size_t n = 0;

	if (names == NULL)
		return -ENOMEM;
	while (errno = 0, (found = readdir(directory)) != NULL) {
		int r;

		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		r = add_name(arena, &names, n, found->d_name);
		if (r < 0)
			return r;
		n++;
	}
	if (errno != 0)
		return -errno;
	if (n > 1)
		qsort(names, n, sizeof(*names), compare_names);
	*ret = names;
	return 0;
}

int source_names(int dir_fd, struct arena *arena, const char ***ret, struct error *err)
{
	auto_close int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	int r;

	if (directory == NULL)
		return error_from_errno(err, "opening it");
	(void)take_fd(&fd);
	r = read_names(directory, arena, ret);
	(void)closedir(directory);
	return r < 0 ? error_set(err, -r, "listing it: %s", strerror(-r)) : 0;
}
