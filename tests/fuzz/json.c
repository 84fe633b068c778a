/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what is read is written, and that reads as the same text again. */
#include <string.h>

#include "common/json/json_reader.h"
#include "common/json/json_writer.h"
#include "tests/fuzz/fuzz.h"

static int rewrite(struct arena *arena, const char *text, size_t length, bool pretty,
		   struct text *out)
{
	const struct json_source source = { .text = text, .length = length, .place = "fuzz" };
	struct json_writer writer = { .out = out, .pretty = pretty };
	struct json_value value;
	struct error err = { 0 };
	int r = json_read(arena, &source, &value, &err);

	fuzz_check((r < 0) == (err.code != 0));
	if (r < 0) {
		fuzz_check(strncmp(err.text, "fuzz: ", 6) == 0 && strchr(err.text, '\n') == NULL);
		return r;
	}
	json_put_value(&writer, NULL, &value);
	fuzz_check(json_writer_finish(&writer) == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text once = { 0 }, twice = { 0 }, pretty = { 0 };

	if (rewrite(&arena, (const char *)data, size, false, &once) < 0 ||
	    once.length > JSON_DEFAULT_MAX_BYTES)
		return 0;
	fuzz_check(rewrite(&arena, once.data, once.length, true, &pretty) == 0);
	if (pretty.length > JSON_DEFAULT_MAX_BYTES)
		return 0;
	fuzz_check(rewrite(&arena, pretty.data, pretty.length, false, &twice) == 0);
	fuzz_check(strcmp(once.data, twice.data) == 0);
	return 0;
}
