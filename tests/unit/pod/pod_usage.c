/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pod/pod_usage.h"

#include <errno.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static int read_text(struct arena *arena, const char *json, struct pod_usage *ret,
		     struct error *err)
{
	auto_text struct text text = { 0 };

	check_int(text_append(&text, json), 0);
	return pod_usage_read(arena, &text, "the answer", ret, err);
}

TEST(an_answer_comes_back_as_it_was_written)
{
	static const char answer[] =
	    "{\"isolator\":\"kvm\",\"apps\":[{\"name\":\"web\",\"cpuNs\":5,\"memoryBytes\":6,"
	    "\"pids\":7,\"ioReadBytes\":8,\"ioWriteBytes\":9},{\"name\":\"db\",\"pids\":1}],"
	    "\"machine\":{\"cpuNs\":10}}";
	auto_arena struct arena arena = { 0 };
	auto_text struct text again = { 0 };
	struct json_writer writer = { .out = &again };
	struct error err = { 0 };
	struct pod_usage usage;

	check_ok(read_text(&arena, answer, &usage, &err), &err);
	check_uint(usage.n_apps, 2);
	check_uint(usage.apps[0].used.io_write_bytes, 9);
	check_uint(usage.apps[1].used.pids, 1);
	check_uint(usage.apps[1].used.cpu_ns, POD_USAGE_UNKNOWN);
	check_true(usage.has_machine);
	json_begin_object(&writer, NULL);
	pod_usage_write(&writer, &usage);
	json_end_object(&writer);
	check_int(json_writer_finish(&writer), 0);
	check_text(text_string(&again), answer);
}

TEST(answers_that_cannot_be_are_refused)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{\"apps\":[]}",
		"{\"isolator\":\"x\"}",
		"{\"isolator\":\"x\",\"apps\":{}}",
		"{\"isolator\":\"x\",\"apps\":[{}]}",
		"{\"isolator\":\"x\",\"apps\":[{\"name\":\"../up\"}]}",
		"{\"isolator\":\"x\",\"apps\":[{\"name\":\"a\",\"pids\":-1}]}",
		"{\"isolator\":\"x\",\"apps\":[{\"name\":\"a\",\"pids\":\"3\"}]}",
		"{\"isolator\":\"x\",\"apps\":[{\"name\":\"a\",\"cpuNs\":99999999999999999999}]}",
		"{\"isolator\":\"x\",\"apps\":[],\"machine\":{\"cpuNs\":1.5}}",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		auto_arena struct arena arena = { 0 };
		struct error err = { 0 };
		struct pod_usage usage;

		check_int(read_text(&arena, bad[i], &usage, &err), -EINVAL);
		check_contains(err.text, "the answer");
	}
}
