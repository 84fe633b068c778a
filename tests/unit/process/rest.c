/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/rest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

TEST(resting_ends_when_there_is_something_to_read)
{
	int ends[2];
	struct pollfd fd;

	check_int(pipe(ends), 0);
	check_int((int)write(ends[1], "x", 1), 1);
	fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	rest_until(&fd, 1);
	check_int(fd.revents & POLLIN, POLLIN);
}

static int answer = 42; /* in a page that must survive */

TEST(nothing_that_was_written_is_lost)
{
	static const char constant[] = "constant";
	char stack[] = "stack";
	char *heap = strdup("heap");
	int ends[2];
	struct pollfd fd;

	answer = 43;
	check_int(pipe(ends), 0);
	check_int(close(ends[1]), 0);
	fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	rest_until(&fd, 1);
	check_int(answer, 43);
	check_text(constant, "constant");
	check_text(stack, "stack");
	check_text(heap, "heap");
	free(heap);
}
