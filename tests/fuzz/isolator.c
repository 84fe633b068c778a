/* SPDX-License-Identifier: Apache-2.0 */
/* A name, a newline, a value: what is accepted keeps a text that is accepted and kept alike. */
#include <string.h>

#include "common/manifest/isolator.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	const uint8_t *line_end = memchr(data, '\n', size);
	struct isolator first, second;
	struct error err = { 0 };
	const char *name, *json;
	size_t length;

	if (line_end == NULL)
		return 0;
	length = (size_t)(line_end - data);
	name = arena_bytes(&arena, (const char *)data, length);
	json = arena_bytes(&arena, (const char *)line_end + 1, size - length - 1);
	fuzz_check(name != NULL && json != NULL);
	if (isolator_parse(&arena, name, json, &first, &err) < 0) {
		fuzz_check(err.code != 0 && strchr(err.text, '\n') == NULL);
		return 0;
	}
	fuzz_check(isolator_parse(&arena, name, first.json, &second, &err) == 0);
	fuzz_check(first.kind == second.kind && strcmp(first.json, second.json) == 0);
	fuzz_check(isolators_check(&first, 1, &err) == 0);
	return 0;
}
