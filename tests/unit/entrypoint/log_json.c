/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/log_json.h"

#include <string.h>

#include "tests/unit/test.h"

static void check_object(const struct log_json_line *line, const char *expected)
{
	auto_text struct text out = { 0 };

	check_int(log_json_append(&out, line), 0);
	check_text(text_string(&out), expected);
}

TEST(a_line_is_an_object)
{
	const struct log_json_line line = { .time_ns = 1234567890000000042,
					    .app = "web",
					    .stream = LOG_STDERR,
					    .message = "a \"b\"\t\xc3\xa4",
					    .length = 8 };

	check_object(&line, "{\"time\":\"2009-02-13T23:31:30.000000042Z\",\"app\":\"web\","
			    "\"stream\":\"stderr\",\"message\":\"a \\\"b\\\"\\t\xc3\xa4\"}\n");
}

TEST(what_is_said_of_the_pod_has_no_app)
{
	const struct log_json_line line = {
		.stream = LOG_NOTICE, .message = "x", .length = 1, .is_partial = true
	};

	check_object(&line, "{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"stream\":\"notice\","
			    "\"message\":\"x\",\"partial\":true}\n");
}

/* A NUL, a byte that begins nothing, a surrogate, and a sequence that the end cuts off. */
TEST(what_is_no_text_is_replaced)
{
	const char message[] = "a\0b\xff"
			       "c\xed\xa0\x80"
			       "d\xe2\x82";
	const struct log_json_line line = {
		.app = "a", .stream = LOG_STDOUT, .message = message, .length = sizeof(message) - 1
	};

	check_object(&line, "{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"app\":\"a\","
			    "\"stream\":\"stdout\",\"message\":\"a\xef\xbf\xbd"
			    "b\xef\xbf\xbd"
			    "c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			    "d\xef\xbf\xbd\xef\xbf\xbd\"}\n");
}
