/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/user_range.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/parse.h"

/* Above the ids that distributions give to people and /etc/subuid, below the sign bit. */
enum { FIRST_RANGE = 1024, END_RANGE = 32768, N_RANGES = END_RANGE - FIRST_RANGE };

#define RANGE_TEXT_SIZE sizeof("4294967295:4294967295")

static int open_ranges(const struct pods *pods, int *ret_fd, struct error *err)
{
	if (mkdirat(pods->fd, "users", 0700) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the directory of user ranges");
	*ret_fd = openat(pods->fd, "users", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd < 0 ? error_from_errno(err, "opening the directory of user ranges") : 0;
}

static int lock_ranges(int ranges, int *ret_fd, struct error *err)
{
	auto_close int lock =
	    openat(ranges, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return error_from_errno(err, "locking the user ranges");
	*ret_fd = take_fd(&lock);
	return 0;
}

/* True when the range's file names a pod that is nowhere any more. */
static bool is_abandoned(int ranges, const char *name, const struct pods *pods)
{
	auto_text struct text owner = { 0 };

	if (file_read_at(ranges, name, UUID_TEXT_SIZE, &owner, NULL) < 0 ||
	    !uuid_is_valid(text_string(&owner)))
		return true; /* made by a process that died before it wrote */
	for (int home = 0; home < POD_HOMES; home++) {
		auto_pod_dir struct pod_dir pod = POD_DIR_NONE;

		if (pod_open(pods, (enum pod_home)home, text_string(&owner), &pod, NULL) != -ENOENT)
			return false;
	}
	return true;
}

/* 0: the range is ours; -EEXIST: it is somebody's. */
static int try_range(int ranges, unsigned range, const struct pods *pods, const char *uuid)
{
	char name[sizeof("4294967295")];
	auto_close int fd = FD_NONE;

	(void)snprintf(name, sizeof(name), "%u", range);
	fd = openat(ranges, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST) {
		if (!is_abandoned(ranges, name, pods))
			return -EEXIST;
		fd = openat(ranges, name, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0)
		return -errno;
	return file_write_fd(fd, uuid, strlen(uuid));
}

static int find_range(int ranges, const struct pods *pods, const char *uuid, unsigned *ret)
{
	uint32_t start;

	if (getrandom(&start, sizeof(start), 0) != (ssize_t)sizeof(start))
		return -errno;
	for (unsigned i = 0; i < N_RANGES; i++) {
		unsigned range = FIRST_RANGE + (start % N_RANGES + i) % N_RANGES;
		int r = try_range(ranges, range, pods, uuid);

		if (r == -EEXIST)
			continue;
		if (r == 0)
			*ret = range;
		return r;
	}
	return -EBUSY;
}

static int write_range(int pod_fd, const struct user_map *map, struct error *err)
{
	char text[RANGE_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%u:%u", map->base, map->count);
	return file_replace_at(pod_fd, USER_RANGE_FILE, text, 0640, err);
}

int user_range_take(const struct pods *pods, const struct pod_dir *pod, struct user_map *ret,
		    struct error *err)
{
	auto_close int ranges = FD_NONE, lock = FD_NONE;
	struct user_map map = { .count = USER_RANGE_SIZE };
	unsigned range = 0;
	int r = open_ranges(pods, &ranges, err);

	if (r < 0)
		return r;
	r = lock_ranges(ranges, &lock, err);
	if (r < 0)
		return r;
	r = find_range(ranges, pods, pod->uuid.text, &range);
	if (r < 0)
		return error_set(err, -r, "taking a range of users: %s", strerror(-r));
	map.base = range * USER_RANGE_SIZE;
	r = write_range(pod->fd, &map, err);
	if (r == 0)
		*ret = map;
	return r;
}

static int parse_range(char *text, struct user_map *ret)
{
	char *colon = strchr(text, ':');
	struct user_map map;

	if (colon == NULL)
		return -EINVAL;
	*colon = '\0';
	if (parse_id(text, &map.base) < 0 || parse_id(colon + 1, &map.count) < 0)
		return -EINVAL;
	*ret = map;
	return 0;
}

int user_range_read(int pod_fd, struct user_map *ret, struct error *err)
{
	auto_text struct text content = { 0 };
	struct user_map map;
	int r;

	if (faccessat(pod_fd, USER_RANGE_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "reading " USER_RANGE_FILE);
	r = file_read_at(pod_fd, USER_RANGE_FILE, RANGE_TEXT_SIZE, &content, err);
	if (r < 0)
		return r;
	if (content.length == 0 || parse_range(content.data, &map) < 0 ||
	    user_map_check(&map, err) < 0)
		return error_set(err, EINVAL, "%s of the pod is not BASE:COUNT", USER_RANGE_FILE);
	*ret = map;
	return 1;
}

void user_range_release(const struct pods *pods, const struct pod_dir *pod)
{
	struct user_map map = { 0 };
	char name[sizeof("users/4294967295")];
	auto_text struct text owner = { 0 };

	if (user_range_read(pod->fd, &map, NULL) != 1)
		return;
	(void)snprintf(name, sizeof(name), "users/%u", map.base / USER_RANGE_SIZE);
	if (file_read_at(pods->fd, name, UUID_TEXT_SIZE, &owner, NULL) == 0 &&
	    strcmp(text_string(&owner), pod->uuid.text) == 0)
		(void)unlinkat(pods->fd, name, 0);
}

int user_ranges_collect(const struct pods *pods, struct error *err)
{
	auto_close int ranges = FD_NONE, lock = FD_NONE;
	struct dirent *entry;
	uint32_t range;
	DIR *dir;
	int r;

	if (faccessat(pods->fd, "users", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "looking for user ranges");
	r = open_ranges(pods, &ranges, err);
	if (r == 0)
		r = lock_ranges(ranges, &lock, err);
	if (r < 0)
		return r;
	dir = fdopendir(ranges);
	if (dir == NULL)
		return error_from_errno(err, "reading the directory of user ranges");
	ranges = FD_NONE;
	while ((entry = readdir(dir)) != NULL)
		if (parse_u32(entry->d_name, END_RANGE, &range) == 0 &&
		    is_abandoned(dirfd(dir), entry->d_name, pods))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	return 0;
}
