/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/text.h"

#define BUFFER_BYTES     ((size_t)256 << 10)
#define XATTR_LIST_BYTES 65536
#define SUM_SIZE         33

/* Deeper than any image can be, shallower than the stack and the descriptors reach. */
#define DEPTH_MAX        300

struct walking {
	const struct tree_walk *walk;
	XXH3_state_t *state;
	unsigned char *buffer;
	struct text path; /* of the entry at hand, escaped */
	struct text line;
	unsigned depth;
	struct error *err;
};

static int refuse(struct walking *walking, int code)
{
	return error_set(walking->err, code, "%s: %s", text_string(&walking->path), strerror(code));
}

static void append_escaped(struct text *out, const char *name)
{
	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if (c > ' ' && c < 0x7f && c != '%')
			(void)text_append_char(out, (char)c);
		else
			(void)text_printf(out, "%%%02x", c);
	}
}

static void digest(const struct walking *walking, char ret[static SUM_SIZE])
{
	XXH128_hash_t sum = XXH3_128bits_digest(walking->state);

	(void)snprintf(ret, SUM_SIZE, "%016" PRIx64 "%016" PRIx64, (uint64_t)sum.high64,
		       (uint64_t)sum.low64);
}

static int sum_file(struct walking *walking, int fd, char ret[static SUM_SIZE])
{
	ssize_t n;

	(void)XXH3_128bits_reset(walking->state);
	while ((n = read(fd, walking->buffer, BUFFER_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		(void)XXH3_128bits_update(walking->state, walking->buffer, (size_t)n);
	}
	digest(walking, ret);
	return 0;
}

static int sum_link(struct walking *walking, int dir_fd, const char *name,
		    char ret[static SUM_SIZE])
{
	ssize_t n = readlinkat(dir_fd, name, (char *)walking->buffer, BUFFER_BYTES);

	if (n < 0)
		return -errno;
	(void)XXH3_128bits_reset(walking->state);
	(void)XXH3_128bits_update(walking->state, walking->buffer, (size_t)n);
	digest(walking, ret);
	return 0;
}

/* Those that an image can carry; others are the machine's own business. */
static bool is_kept(const char *name)
{
	return strcmp(name, "security.capability") == 0 || strncmp(name, "user.", 5) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_xattr(struct walking *walking, int fd, const char *name)
{
	ssize_t n = fgetxattr(fd, name, walking->buffer, BUFFER_BYTES);

	if (n < 0)
		return -errno;
	(void)XXH3_64bits_update(walking->state, name, strlen(name) + 1);
	(void)XXH3_64bits_update(walking->state, &n, sizeof(n));
	(void)XXH3_64bits_update(walking->state, walking->buffer, (size_t)n);
	return 0;
}

/* Sorted, because the file system may list them in any order. */
static int sum_xattrs(struct walking *walking, int fd, char ret[static SUM_SIZE])
{
	char list[XATTR_LIST_BYTES];
	const char *names[XATTR_LIST_BYTES / sizeof("user.x")];
	ssize_t length = flistxattr(fd, list, sizeof(list));
	size_t n = 0;

	(void)snprintf(ret, SUM_SIZE, "-");
	if (length < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *name = list; name < list + length; name += strlen(name) + 1)
		if (is_kept(name) && n < ARRAY_LENGTH(names))
			names[n++] = name;
	if (n == 0)
		return 0;
	qsort(names, n, sizeof(*names), compare_names);
	(void)XXH3_64bits_reset(walking->state);
	for (size_t i = 0; i < n; i++) {
		int r = add_xattr(walking, fd, names[i]);

		if (r < 0)
			return r;
	}
	(void)snprintf(ret, SUM_SIZE, "%016" PRIx64, (uint64_t)XXH3_64bits_digest(walking->state));
	return 0;
}

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	default:
		return 's';
	}
}

static int tell(struct walking *walking, const struct stat *st, const char *xattrs,
		const char *content)
{
	struct text *line = &walking->line;

	text_reset(line);
	(void)text_printf(line, "%c %04o %u %u ", type_letter(st->st_mode), st->st_mode & 07777,
			  st->st_uid, st->st_gid);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		(void)text_printf(line, "%u:%u", major(st->st_rdev), minor(st->st_rdev));
	else
		(void)text_append_char(line, '-');
	(void)text_printf(line, " %lld.%09ld ", (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	if (S_ISREG(st->st_mode))
		(void)text_printf(line, "%lld", (long long)st->st_size);
	else
		(void)text_append_char(line, '-');
	(void)text_printf(line, " %s %s %s", xattrs, content, text_string(&walking->path));
	if (text_status(line) < 0 || text_status(&walking->path) < 0)
		return refuse(walking, ENOMEM);
	return walking->walk->line(walking->walk->context, text_string(line), walking->err);
}

static int walk_file(struct walking *walking, int dir_fd, const char *name, const struct stat *st)
{
	auto_close int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char xattrs[SUM_SIZE], content[SUM_SIZE];
	int r;

	if (fd < 0)
		return refuse(walking, errno);
	r = sum_xattrs(walking, fd, xattrs);
	if (r == 0 && walking->walk->by_inode && st->st_nlink > 1)
		(void)snprintf(content, sizeof(content), "inode-%llu",
			       (unsigned long long)st->st_ino);
	else if (r == 0)
		r = sum_file(walking, fd, content);
	return r < 0 ? refuse(walking, -r) : tell(walking, st, xattrs, content);
}

static int walk_entry(struct walking *walking, int dir_fd, const char *name);

static int list_names(int fd, struct arena *arena, const char ***ret, size_t *ret_n)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
	size_t n = 0, capacity = 0;
	const char **names = NULL;
	struct dirent *entry;

	if (dir == NULL) {
		cleanup_close(&again);
		return -errno;
	}
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (n == capacity) {
			const char **more;

			capacity = capacity == 0 ? 16 : 2 * capacity;
			more = arena_array(arena, capacity, const char *);
			if (more == NULL)
				return -ENOMEM;
			if (n > 0)
				memcpy(more, names, n * sizeof(*names));
			names = more;
		}
		names[n] = arena_string(arena, entry->d_name);
		if (names[n++] == NULL)
			return -ENOMEM;
	}
	if (errno != 0)
		return -errno;
	if (n > 1)
		qsort(names, n, sizeof(*names), compare_names);
	*ret = names;
	*ret_n = n;
	return 0;
}

static int walk_directory(struct walking *walking, int dir_fd, const char *name,
			  const struct stat *st)
{
	auto_close int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_arena struct arena arena = { .cap_bytes = SIZE_MAX };
	size_t length = walking->path.length, n = 0;
	const char **names = NULL;
	char xattrs[SUM_SIZE];
	int r;

	if (fd < 0)
		return refuse(walking, errno);
	r = ++walking->depth > DEPTH_MAX ? -ELOOP : sum_xattrs(walking, fd, xattrs);
	if (r == 0)
		r = list_names(fd, &arena, &names, &n);
	r = r < 0 ? refuse(walking, -r) : tell(walking, st, xattrs, "-");
	for (size_t i = 0; r == 0 && i < n; i++) {
		(void)text_append_char(&walking->path, '/');
		append_escaped(&walking->path, names[i]);
		r = walk_entry(walking, fd, names[i]);
		/* On failure the path stays, for the message. */
		if (r == 0) {
			walking->path.length = length;
			walking->path.data[length] = '\0';
		}
	}
	walking->depth--;
	return r;
}

static int walk_entry(struct walking *walking, int dir_fd, const char *name)
{
	char content[SUM_SIZE] = "-";
	struct stat st;
	int r = 0;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return refuse(walking, errno);
	if (S_ISDIR(st.st_mode))
		return walk_directory(walking, dir_fd, name, &st);
	if (S_ISREG(st.st_mode))
		return walk_file(walking, dir_fd, name, &st);
	if (S_ISLNK(st.st_mode))
		r = sum_link(walking, dir_fd, name, content);
	return r < 0 ? refuse(walking, -r) : tell(walking, &st, "-", content);
}

int tree_walk(const struct tree_walk *walk, int dir_fd, const char *name, struct error *err)
{
	struct walking walking = { .walk = walk, .err = err };
	int r;

	walking.state = XXH3_createState();
	walking.buffer = malloc(BUFFER_BYTES);
	append_escaped(&walking.path, name);
	if (walking.state == NULL || walking.buffer == NULL || text_status(&walking.path) < 0)
		r = error_set(err, ENOMEM, "summing up %s", name);
	else
		r = walk_entry(&walking, dir_fd, name);
	(void)XXH3_freeState(walking.state);
	free(walking.buffer);
	text_release(&walking.path);
	text_release(&walking.line);
	return r;
}
