/* SPDX-License-Identifier: Apache-2.0 */
/* rkt beside a helper that somebody has taken over: scripts in the place of rkt-fetch. */
#include "stage0/fetch/fetch_call.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "stage0/fetch/fetch_get.h"
#include "tests/unit/test.h"

#define URL      "https://example.com/a.aci"
#define ANSWERED "echo '{\"status\":200,\"total\":4,\"etag\":\"\\\"e\\\"\"}' >&5\n"
#define DONE     "echo '{\"code\":0,\"text\":\"\"}' >&5\n"

static struct arena arena;
static const struct config_places places = { "system", "local", "" };

/* The path of a shell script with these lines, in a working directory of the test's own. */
static const char *make_helper(const char *lines)
{
	static char template[] = "/tmp/test-call-XXXXXX";
	static bool made;
	const char *text = arena_printf(&arena, "#!/bin/sh\n%s", lines);
	auto_close int fd = FD_NONE;

	if (!made) {
		test_make_directory(template);
		check_int(chdir(template), 0);
		made = true;
	}
	fd = open("helper", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	check_int(file_write_fd(fd, text, strlen(text)), 0);
	return arena_printf(&arena, "%s/helper", template);
}

static int ask(const char *lines, struct error *err)
{
	auto_fetch_call struct fetch_call call = FETCH_CALL_NONE;
	const struct fetch_call_input input = { .helper = make_helper(lines),
						.operation = "test",
						.data = FD_NONE,
						.signature = FD_NONE,
						.keys = FD_NONE };
	struct json_value value;
	int r = fetch_call_start(&input, &call, err);

	if (r == 0)
		r = fetch_call_line(&call, &arena, &value, err);
	return r < 0 ? r : fetch_call_finish(&call, NULL, err);
}

TEST(a_line_and_an_outcome_are_an_answer)
{
	struct error err = { 0 };

	check_ok(ask("echo '{\"x\":1}' >&5\n" DONE, &err), &err);
}

TEST(what_is_no_answer_is_a_failure)
{
	static const struct {
		const char *lines;
		int code;
		const char *message;
	} cases[] = {
		{ "", EPIPE, "ended without a result" },
		{ "kill -9 $$\n", EPIPE, "ended without a result" },
		{ "echo '{\"x\":1}' >&5\n", EPIPE, "ended without a result" },
		{ "printf '{\"x\":1}' >&5\n", EPIPE, "ended without a result" },
		{ DONE, EPROTO, "says nothing" },
		{ "echo nonsense >&5\n", EINVAL, "rkt-fetch" },
		{ "echo '{\"x\":1}' >&5\necho '[]' >&5\n", EPROTO, "says nonsense" },
		{ "echo '{\"code\":-1,\"text\":\"\"}' >&5\n", EPROTO, "says nonsense" },
		{ "echo '{\"code\":99999,\"text\":\"\"}' >&5\n", EPROTO, "says nonsense" },
		{ "echo '{\"code\":5}' >&5\n", EPROTO, "says nonsense" },
		{ "echo '{\"code\":13,\"text\":\"why\"}' >&5\n", EACCES, "why" },
		{ "head -c 5000000 /dev/zero | tr '\\0' x >&5\n", EPROTO, "says too much" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = { 0 };

		ck_assert_msg(ask(cases[i].lines, &err) == -cases[i].code, "%s: %s", cases[i].lines,
			      err.text);
		check_contains(err.text, cases[i].message);
	}
}

TEST(the_request_is_on_its_descriptor)
{
	struct error err = { 0 };

	check_int(ask("grep -q '\"operation\":\"test\"' <&3 && echo '{\"x\":1}' >&5\n" DONE, &err),
		  0);
}

struct begun {
	unsigned n;
};

static int note_begun(void *context, const struct fetch_part *part, struct error *err)
{
	struct begun *begun = context;

	(void)part;
	(void)err;
	begun->n++;
	return 0;
}

static int get(const char *lines, const char *before, struct text *content, struct error *err)
{
	const struct fetch fetch = { .arena = &arena,
				     .places = &places,
				     .helper = make_helper(lines),
				     .agent = "test",
				     .quiet = true };
	auto_close int file = memfd_create("test", MFD_CLOEXEC);
	struct begun begun = { 0 };
	struct fetch_target target = {
		.url = URL, .max_bytes = 8, .file = file, .begun = note_begun, .context = &begun
	};
	struct fetch_answer answer;
	int r;

	if (before != NULL) {
		target.part = (struct fetch_part){ .etag = "\"e\"", .has_total = true, .total = 4 };
		check_int(file_write_fd(file, before, strlen(before)), 0);
	}
	r = fetch_get(&fetch, &target, &answer, err);
	check_true(lseek(file, 0, SEEK_SET) == 0);
	check_int(file_read_fd(file, 100, content), 0);
	return r;
}

TEST(a_body_lands_in_the_file)
{
	auto_text struct text content = { 0 };
	struct error err = { 0 };

	check_ok(get(ANSWERED "printf body >&4\n" DONE, NULL, &content, &err), &err);
	check_text(text_string(&content), "body");
}

TEST(what_is_there_of_something_else_is_written_over)
{
	auto_text struct text content = { 0 };
	struct error err = { 0 };

	check_ok(get(ANSWERED "printf body >&4\n" DONE, "xyz", &content, &err), &err);
	check_text(text_string(&content), "body");
}

TEST(a_part_is_gone_on_with)
{
	auto_text struct text content = { 0 };
	struct error err = { 0 };

	check_ok(get("echo '{\"status\":206,\"offset\":2,\"total\":4}' >&5\nprintf dy >&4\n" DONE,
		     "bo", &content, &err),
		 &err);
	check_text(text_string(&content), "body");
}

TEST(a_helper_cannot_write_beyond_the_limit_or_where_it_likes)
{
	static const struct {
		const char *lines, *before;
		int code;
	} cases[] = {
		{ ANSWERED "printf 123456789 >&4\n" DONE, NULL, EFBIG },
		{ "echo '{\"status\":206,\"offset\":100}' >&5\nprintf x >&4\n" DONE, NULL, EPROTO },
		{ "echo '{\"status\":777}' >&5\n" DONE, NULL, EPROTO },
		{ "echo '{\"status\":200,\"offset\":-1}' >&5\n" DONE, NULL, EINVAL },
		{ ANSWERED "printf bo >&4\n", NULL, EPIPE },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		auto_text struct text content = { 0 };
		struct error err = { 0 };

		ck_assert_msg(get(cases[i].lines, cases[i].before, &content, &err) ==
				  -cases[i].code,
			      "%s: %s", cases[i].lines, err.text);
		check_true(content.length <= 8);
	}
}
