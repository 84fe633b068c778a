/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/confined_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

#define PATH_SIZE 40

/* A directory with a place in it for the mount; returns the confined fd. */
static int confine(char path[PATH_SIZE], int *ret_directory)
{
	struct error err = { 0 };
	auto_close int place = FD_NONE;
	int confined = FD_NONE;

	test_enter_mount_namespace();
	(void)snprintf(path, PATH_SIZE, "/tmp/confined-XXXXXX");
	check_true(mkdtemp(path) != NULL);
	*ret_directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdirat(*ret_directory, "place", 0755), 0);
	place = openat(*ret_directory, "place", O_PATH | O_DIRECTORY | O_CLOEXEC);
	check_ok(confined_directory_open(*ret_directory, place, &confined, &err), &err);
	return confined;
}

static void detach_and_remove(const char *path)
{
	char place[PATH_SIZE + 8];

	(void)snprintf(place, sizeof(place), "%s/place", path);
	check_int(umount2(place, MNT_DETACH), 0);
	check_int(rmdir(place), 0);
	check_int(rmdir(path), 0);
}

TEST(a_confined_directory_has_no_way_out)
{
	char path[PATH_SIZE];
	auto_close int directory = FD_NONE;
	auto_close int confined = confine(path, &directory);
	auto_close int up = FD_NONE;
	struct stat inside, above;

	detach_and_remove(path);
	up = openat(confined, "../../../..", O_PATH | O_CLOEXEC);
	check_int(fstat(confined, &inside), 0);
	check_int(fstat(up, &above), 0);
	check_uint(inside.st_ino, above.st_ino);
	check_true(confined_directory_is(confined));
	check_true(!confined_directory_is(directory));
}

TEST(a_confined_directory_cannot_be_written)
{
	char path[PATH_SIZE];
	auto_close int directory = FD_NONE;
	auto_close int confined = confine(path, &directory);

	check_int(openat(confined, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
	check_int(errno, EROFS);
	detach_and_remove(path);
}

TEST(a_confined_directory_locks_the_same_directory)
{
	char path[PATH_SIZE];
	auto_close int directory = FD_NONE;
	auto_close int confined = confine(path, &directory);

	check_int(flock(confined, LOCK_EX | LOCK_NB), 0);
	check_int(flock(directory, LOCK_SH | LOCK_NB), -1);
	check_int(errno, EWOULDBLOCK);
	detach_and_remove(path);
}
