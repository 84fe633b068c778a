/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/signal_name.h"

#include <errno.h>
#include <signal.h>

#include "tests/unit/test.h"

TEST(signals_are_known_by_name_and_number)
{
	const struct {
		const char *text;
		int number;
	} cases[] = {
		{ "SIGTERM", SIGTERM }, { "TERM", SIGTERM },
		{ "15", 15 },           { "HUP", SIGHUP },
		{ "SIGIOT", SIGABRT },  { "CLD", SIGCHLD },
		{ "IO", SIGIO },        { "SIGPOLL", SIGPOLL },
		{ "RTMIN", SIGRTMIN },  { "SIGRTMIN+3", SIGRTMIN + 3 },
		{ "RTMAX", SIGRTMAX },  { "SIGRTMAX-1", SIGRTMAX - 1 },
		{ "64", 64 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int number = 0;

		ck_assert_msg(signal_parse(cases[i].text, &number) == 0, "%s", cases[i].text);
		check_int(number, cases[i].number);
	}
}

TEST(what_is_no_signal_is_refused)
{
	const char *const cases[] = { "",        "0",       "65",          "-1",
				      "15x",     "SIG",     "term",        "SIGSIGTERM",
				      "RTMIN-1", "RTMAX+1", "RTMIN+",      "RTMIN+99",
				      "RTMINx",  "+9",      "99999999999", "SIGTERM " };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int number = 7;

		ck_assert_msg(signal_parse(cases[i], &number) == -EINVAL, "%s", cases[i]);
		check_int(number, 7);
	}
}

TEST(every_signal_has_a_name_that_is_understood)
{
	for (int i = 1; i <= SIGRTMAX; i++) {
		char text[SIGNAL_NAME_SIZE];
		int number = 0;

		if (i >= 32 && i < SIGRTMIN)
			continue; /* glibc's own */
		ck_assert_msg(signal_parse(signal_name(i, text), &number) == 0, "%s", text);
		check_int(number, i);
	}
}

TEST(a_number_that_is_no_signal_still_reads)
{
	char text[SIGNAL_NAME_SIZE];

	check_text(signal_name(99, text), "signal 99");
	check_text(signal_name(0, text), "signal 0");
}
