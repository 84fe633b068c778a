/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

struct pair {
	int leader, init;
};

static void pair_close(struct pair *pair)
{
	cleanup_close(&pair->leader);
	cleanup_close(&pair->init);
}

#define auto_pair CLEANUP(pair_close)

static struct pair pair_open(void)
{
	int ends[2];

	check_int(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	return (struct pair){ .leader = ends[0], .init = ends[1] };
}

TEST(a_message_arrives_as_it_was_sent)
{
	auto_pair struct pair pair = pair_open();
	struct control_message sent = { .kind = CONTROL_ENDED, .app = 3, .value = 130 };
	struct control_message got = { 0 };

	(void)error_set(&sent.error, ENOENT, "executing /a");
	check_int(control_send(pair.init, &sent), 0);
	check_int(control_receive(pair.leader, &got), 1);
	check_int((int)got.kind, CONTROL_ENDED);
	check_uint(got.app, 3);
	check_int(got.value, 130);
	check_int(got.error.code, ENOENT);
	check_text(got.error.text, "executing /a");
}

TEST(messages_keep_their_order_and_their_bounds)
{
	auto_pair struct pair pair = pair_open();
	struct control_message got = { 0 };

	for (int i = 0; i < 3; i++) {
		const struct control_message sent = { .kind = CONTROL_SIGNAL, .value = i };

		check_int(control_send(pair.leader, &sent), 0);
	}
	for (int i = 0; i < 3; i++) {
		check_int(control_receive(pair.init, &got), 1);
		check_int(got.value, i);
	}
	check_int(recv(pair.init, &got, sizeof(got), MSG_DONTWAIT), -1);
}

TEST(the_end_of_the_other_side_is_an_answer_not_a_failure)
{
	auto_pair struct pair pair = pair_open();
	struct control_message got = { .value = 7 };

	cleanup_close(&pair.init);
	check_int(control_receive(pair.leader, &got), 0);
	check_int(got.value, 7);
}

TEST(unread_messages_do_not_hide_that_the_other_side_is_gone)
{
	auto_pair struct pair pair = pair_open();
	const struct control_message stop = { .kind = CONTROL_STOP };
	struct control_message got = { 0 };

	check_int(control_send(pair.leader, &stop), 0);
	cleanup_close(&pair.init); /* the kernel says ECONNRESET of what nobody has read */
	check_int(control_receive(pair.leader, &got), 0);
}

TEST(sending_to_nobody_is_no_signal)
{
	auto_pair struct pair pair = pair_open();
	const struct control_message stop = { .kind = CONTROL_STOP };

	cleanup_close(&pair.init);
	check_int(control_send(pair.leader, &stop), -EPIPE);
}

TEST(records_of_another_size_are_refused)
{
	auto_pair struct pair pair = pair_open();
	char bytes[sizeof(struct control_message) + 1] = { 0 };
	struct control_message got = { .value = 7 };

	check_int(send(pair.init, bytes, sizeof(bytes) - 2, 0), (ssize_t)sizeof(bytes) - 2);
	check_int(send(pair.init, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	check_int(control_receive(pair.leader, &got), -EPROTO);
	check_int(control_receive(pair.leader, &got), -EPROTO);
	check_int(got.value, 7);
}

TEST(kinds_that_do_not_exist_are_refused)
{
	auto_pair struct pair pair = pair_open();
	struct control_message sent = { 0 };
	struct control_message got = { 0 };
	const int kinds[] = { CONTROL_SIGNAL + 1, -1 };

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		memcpy(&sent.kind, &kinds[i], sizeof(sent.kind));
		check_int(control_send(pair.init, &sent), 0);
		check_int(control_receive(pair.leader, &got), -EPROTO);
	}
}

TEST(a_text_without_an_end_gets_one)
{
	auto_pair struct pair pair = pair_open();
	struct control_message sent = { .kind = CONTROL_FAILED };
	struct control_message got = { 0 };

	memset(sent.error.text, 'x', sizeof(sent.error.text));
	check_int(control_send(pair.init, &sent), 0);
	check_int(control_receive(pair.leader, &got), 1);
	check_uint(strlen(got.error.text), sizeof(got.error.text) - 1);
}
