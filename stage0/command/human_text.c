/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/human_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000U

uint64_t human_text_now_ns(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ".583", ".58", "": milliseconds without zeros at the end. */
static void write_fraction(unsigned milliseconds, char ret[static 8])
{
	size_t length;

	(void)snprintf(ret, 8, ".%03u", milliseconds % 1000);
	for (length = strlen(ret); ret[length - 1] == '0'; length--)
		ret[length - 1] = '\0';
	if (length == 1)
		ret[0] = '\0';
}

const char *human_text_time(struct arena *arena, uint64_t ns)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	char date[64], zone[64], fraction[8];
	struct tm tm;

	if (ns == 0 || localtime_r(&seconds, &tm) == NULL)
		return arena_string(arena, "");
	if (strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) == 0 ||
	    strftime(zone, sizeof(zone), "%z %Z", &tm) == 0)
		return arena_string(arena, "");
	write_fraction((unsigned)(ns % NS_PER_S / 1000000), fraction);
	return arena_printf(arena, "%s%s %s", date, fraction, zone);
}

const char *human_text_age(struct arena *arena, uint64_t ns, uint64_t now_ns)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
		{ UINT64_C(365) * 86400, "year" },
		{ UINT64_C(30) * 86400, "month" },
		{ UINT64_C(7) * 86400, "week" },
		{ 86400, "day" },
		{ 3600, "hour" },
		{ 60, "minute" },
		{ 1, "second" },
	};
	uint64_t age = now_ns > ns ? (now_ns - ns) / NS_PER_S : 0;

	if (ns == 0)
		return arena_string(arena, "");
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		uint64_t n = age / units[i].seconds;

		if (n > 0)
			return arena_printf(arena, "%llu %s%s ago", (unsigned long long)n,
					    units[i].name, n == 1 ? "" : "s");
	}
	return arena_string(arena, "now");
}

const char *human_text_size(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t tenths;
	size_t unit;

	if (bytes < 1024)
		return arena_printf(arena, "%lluB", (unsigned long long)bytes);
	for (tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024, unit = 1;
	     tenths >= 10240 && unit + 1 < ARRAY_LENGTH(units); unit++)
		tenths /= 1024;
	if (tenths < 100)
		return arena_printf(arena, "%llu.%llu%s", (unsigned long long)tenths / 10,
				    (unsigned long long)tenths % 10, units[unit]);
	return arena_printf(arena, "%llu%s", (unsigned long long)(tenths + 5) / 10, units[unit]);
}
