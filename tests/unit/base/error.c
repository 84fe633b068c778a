/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "tests/unit/test.h"

TEST(an_error_says_its_outermost_context_first)
{
	struct error err = { 0 };

	errno = ENOENT;
	check_int(error_from_errno(&err, "opening %s", "/x"), -ENOENT);
	check_int(error_prefix(&err, "reading the pod"), -ENOENT);
	check_text(err.text, "reading the pod: opening /x: No such file or directory");
}

TEST(a_long_error_is_cut_visibly)
{
	struct error err = { 0 };
	char longer[2 * ERROR_TEXT_SIZE];

	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	(void)error_set(&err, EINVAL, "%s", longer);
	check_uint(strlen(err.text), ERROR_TEXT_SIZE - 1);
	check_text(err.text + ERROR_TEXT_SIZE - 4, "...");
}

TEST(an_error_crosses_a_pipe_whole)
{
	struct error sent = { 0 }, got = { 0 };
	int ends[2];

	check_int(pipe(ends), 0);
	(void)error_set(&sent, EPERM, "mounting /proc");
	check_int(error_send(ends[1], &sent), 0);
	check_int(error_receive(ends[0], &got), 1);
	check_int(got.code, EPERM);
	check_text(got.text, "mounting /proc");
	check_int(close(ends[1]), 0);
	check_int(error_receive(ends[0], &got), 0);
}

TEST(a_torn_record_is_refused)
{
	struct error got = { .code = 7 };
	int ends[2];

	check_int(pipe(ends), 0);
	check_int((int)write(ends[1], "abc", 3), 3);
	check_int(error_receive(ends[0], &got), -EPROTO);
	check_int(got.code, 7);
}

TEST(no_message_can_give_a_terminal_orders)
{
	struct error err = { 0 };

	(void)error_set(&err, EINVAL, "user \"%s\": bad", "a\x1b[31m\nb\x7f\xc2\x9b\xc3\xa4");
	check_text(err.text, "user \"a?[31m?b???\xc3\xa4\": bad");
	(void)error_prefix(&err, "app \r%s", "x");
	check_text(err.text, "app ?x: user \"a?[31m?b???\xc3\xa4\": bad");
}
