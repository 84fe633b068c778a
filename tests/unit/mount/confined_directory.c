/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/confined_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static int make_directory(char path[32])
{
	(void)snprintf(path, 32, "/tmp/confined-XXXXXX");
	check_true(mkdtemp(path) != NULL);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

TEST(a_confined_directory_has_no_way_out)
{
	struct error err = { 0 };
	auto_close int confined = FD_NONE;
	auto_close int up = FD_NONE;
	struct stat inside, above;
	char path[32];

	test_enter_mount_namespace();

	auto_close int directory = make_directory(path);

	check_ok(confined_directory_open(directory, &confined, &err), &err);
	up = openat(confined, "../../../..", O_PATH | O_CLOEXEC);
	check_int(fstat(confined, &inside), 0);
	check_int(fstat(up, &above), 0);
	check_uint(inside.st_ino, above.st_ino);
	check_true(confined_directory_is(confined));
	check_true(!confined_directory_is(directory));
	check_int(rmdir(path), 0);
}

TEST(a_confined_directory_cannot_be_written)
{
	struct error err = { 0 };
	auto_close int confined = FD_NONE;
	char path[32];

	test_enter_mount_namespace();

	auto_close int directory = make_directory(path);

	check_ok(confined_directory_open(directory, &confined, &err), &err);
	check_int(openat(confined, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
	check_int(errno, EROFS);
	check_int(rmdir(path), 0);
}

TEST(a_confined_directory_locks_the_same_directory)
{
	struct error err = { 0 };
	auto_close int confined = FD_NONE;
	char path[32];

	test_enter_mount_namespace();

	auto_close int directory = make_directory(path);

	check_ok(confined_directory_open(directory, &confined, &err), &err);
	check_int(flock(confined, LOCK_EX | LOCK_NB), 0);
	check_int(flock(directory, LOCK_SH | LOCK_NB), -1);
	check_int(errno, EWOULDBLOCK);
	check_int(rmdir(path), 0);
}
