/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/cleanup.h"

#include <fcntl.h>

#include "tests/unit/test.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

TEST(a_scope_closes_what_it_owns_and_keeps_errno)
{
	int number;

	{
		auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		number = fd;
		check_true(is_open(number));
		errno = EXDEV;
	}
	check_int(errno, EXDEV);
	check_true(!is_open(number));
}

TEST(what_was_taken_stays_open)
{
	int taken;

	{
		auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		taken = take_fd(&fd);
		check_int(fd, FD_NONE);
	}
	check_true(is_open(taken));
	cleanup_close(&taken);
	check_int(taken, FD_NONE);
	cleanup_close(&taken);
}

TEST(a_pointer_that_was_taken_is_not_freed)
{
	char *taken;

	{
		auto_free char *memory = strdup("text");

		taken = take_ptr(&memory);
		check_true(memory == NULL);
	}
	check_text(taken, "text");
	free(taken);
}
