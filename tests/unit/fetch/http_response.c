/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/http_response.h"

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static struct http_response read_head(const char *const *lines, size_t n)
{
	struct http_response response = { 0 };

	for (size_t i = 0; i < n; i++)
		http_response_line(&response, lines[i], strlen(lines[i]));
	return response;
}

#define HEAD(...)                                                                                  \
	read_head((const char *const[]){ __VA_ARGS__ },                                            \
		  ARRAY_LENGTH(((const char *const[]){ __VA_ARGS__ })))

TEST(a_head_gives_status_size_and_validators)
{
	struct http_response got =
	    HEAD("HTTP/1.1 200 OK\r\n", "Content-Length: 1234\r\n", "ETag: \"abc\"\r\n",
		 "last-modified:Mon, 01 Jan 2024 00:00:00 GMT\r\n",
		 "CACHE-CONTROL:  public, max-age=60  \r\n", "\r\n");

	check_uint(got.status, 200);
	check_true(got.has_total && !got.has_range && !got.damaged);
	check_uint(got.total, 1234);
	check_text(got.etag, "\"abc\"");
	check_text(got.last_modified, "Mon, 01 Jan 2024 00:00:00 GMT");
	check_uint(got.max_age_s, 60);
	check_true(!http_response_redirects(&got));
}

TEST(a_new_status_line_forgets_what_stood_before)
{
	struct http_response got = HEAD("HTTP/1.1 100 Continue", "ETag: \"old\"", "", "HTTP/2 302 ",
					"Location: /next?a=b");

	check_uint(got.status, 302);
	check_text(got.etag, "");
	check_text(got.location, "/next?a=b");
	check_true(http_response_redirects(&got));
}

TEST(a_range_says_where_it_starts_and_how_much_there_is)
{
	struct http_response got = HEAD("HTTP/1.1 206 Partial Content", "Content-Length: 900",
					"Content-Range: bytes 100-999/1000", "Content-Length: 900");

	check_true(got.has_range && got.has_total && !got.damaged);
	check_uint(got.offset, 100);
	check_uint(got.total, 1000);
	got = HEAD("HTTP/1.1 206 x", "Content-Range: bytes 5-9/*");
	check_true(got.has_range && !got.has_total && !got.damaged);
}

TEST(a_range_that_is_nonsense_is_damage)
{
	static const char *const values[] = {
		"bytes",
		"bytes 5-4/10",
		"bytes 5-9",
		"bytes 5-10/10",
		"bytes -9/10",
		"lines 5-9/10",
		"bytes 5-/10",
		"bytes 0x5-9/10",
		"bytes 5-9/10 and so",
		"bytes 99999999999999999999999-9/10",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
		struct http_response got = { .status = 206 };
		char line[96];
		int n = snprintf(line, sizeof(line), "Content-Range: %s", values[i]);

		http_response_line(&got, line, (size_t)n);
		ck_assert_msg(got.damaged && !got.has_range, "%s", values[i]);
	}
	check_true(HEAD("HTTP/1.1 200 OK", "Content-Length: 12a").damaged);
	check_true(HEAD("HTTP/1.1 200 OK", "Content-Length: -1").damaged);
	check_true(!HEAD("HTTP/1.1 200 OK", "Content-Range: nonsense").damaged);
}

TEST(what_cannot_be_sent_back_is_not_kept)
{
	static char long_line[8192];

	check_text(HEAD("HTTP/1.1 200 OK", "ETag: abc").etag, "");
	check_text(HEAD("HTTP/1.1 200 OK", "ETag: \"a\"b\"").etag, "");
	check_text(HEAD("HTTP/1.1 200 OK", "ETag: \"a\x01\"").etag, "");
	check_text(HEAD("HTTP/1.1 200 OK", "ETag: \"\xc3\xa4\"").etag, "");
	check_text(HEAD("HTTP/1.1 200 OK", "ETag: W/\"weak\"").etag, "W/\"weak\"");
	check_text(HEAD("HTTP/1.1 302 Found", "Location: /a\tb").location, "");
	memset(long_line, 'x', sizeof(long_line) - 1);
	memcpy(long_line, "ETag: \"", 7);
	check_text(HEAD("HTTP/1.1 200 OK", long_line).etag, "");
	memcpy(long_line, "Location: ", 10);
	check_text(HEAD("HTTP/1.1 302 Found", long_line).location, "");
	check_uint(HEAD("HTTP/1.1 200 OK", long_line).head_bytes, 15 + sizeof(long_line) - 1);
}

TEST(cache_control_is_read_as_the_standard_has_it)
{
	static const struct {
		const char *value;
		uint64_t seconds;
	} cases[] = {
		{ "", 0 },
		{ "max-age=0", 0 },
		{ "max-age=10", 10 },
		{ "MAX-AGE=10", 10 },
		{ "max-age=\"10\"", 10 },
		{ "public,max-age=10,immutable", 10 },
		{ " private , max-age = 10 ", 10 },
		{ "max-age=10, no-cache", 0 },
		{ "no-store, max-age=10", 0 },
		{ "max-age=-1", 0 },
		{ "max-age=1e9", 0 },
		{ "max-age=10x", 0 },
		{ "s-maxage=10", 0 },
		{ "x-max-age=10", 0 },
		{ ",,,,max-age=7,,", 7 },
		{ "max-age=99999999999", 31536000 },
		{ "max-age=99999999999999999999999999", 0 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		ck_assert_msg(http_max_age(cases[i].value) == cases[i].seconds, "%s: %llu",
			      cases[i].value, (unsigned long long)http_max_age(cases[i].value));
}
