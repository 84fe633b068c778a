/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/signal_name.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/parse.h"

/* sigabbrev_np() knows these under one name only. */
static const struct {
	const char *name;
	int number;
} aliases[] = {
	{ "IOT", SIGIOT },
	{ "CLD", SIGCHLD },
	{ "POLL", SIGPOLL },
	{ "IO", SIGIO },
};

/* "RTMIN", "RTMIN+3", "RTMAX-1". */
static int parse_real_time(const char *name, int *ret_signal)
{
	static const char base[] = "RTMIN", top[] = "RTMAX";
	uint32_t offset = 0, range = (uint32_t)(SIGRTMAX - SIGRTMIN);
	const char *rest = name + sizeof(base) - 1;
	int sign;

	if (strncmp(name, base, sizeof(base) - 1) == 0)
		sign = 1;
	else if (strncmp(name, top, sizeof(top) - 1) == 0)
		sign = -1;
	else
		return -EINVAL;
	if (*rest != '\0' &&
	    (*rest != (sign > 0 ? '+' : '-') || parse_u32(rest + 1, range, &offset) < 0))
		return -EINVAL;
	*ret_signal = sign > 0 ? SIGRTMIN + (int)offset : SIGRTMAX - (int)offset;
	return 0;
}

static int parse_number(const char *text, int *ret_signal)
{
	uint32_t number;

	if (parse_u32(text, (uint32_t)SIGRTMAX, &number) < 0 || number == 0)
		return -EINVAL;
	*ret_signal = (int)number;
	return 0;
}

int signal_parse(const char *text, int *ret_signal)
{
	const char *name = strncmp(text, "SIG", 3) == 0 ? text + 3 : text;

	if (text[0] >= '0' && text[0] <= '9')
		return parse_number(text, ret_signal);
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *known = sigabbrev_np(i);

		if (known != NULL && strcmp(name, known) == 0) {
			*ret_signal = i;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(name, aliases[i].name) == 0) {
			*ret_signal = aliases[i].number;
			return 0;
		}
	return parse_real_time(name, ret_signal);
}

const char *signal_name(int signal_number, char text[SIGNAL_NAME_SIZE])
{
	const char *known = sigabbrev_np(signal_number);

	if (known != NULL)
		(void)snprintf(text, SIGNAL_NAME_SIZE, "SIG%s", known);
	else if (signal_number == SIGRTMIN)
		(void)snprintf(text, SIGNAL_NAME_SIZE, "SIGRTMIN");
	else if (signal_number > SIGRTMIN && signal_number <= SIGRTMAX)
		(void)snprintf(text, SIGNAL_NAME_SIZE, "SIGRTMIN+%d", signal_number - SIGRTMIN);
	else
		(void)snprintf(text, SIGNAL_NAME_SIZE, "signal %d", signal_number);
	return text;
}
