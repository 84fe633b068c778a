/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what is accepted is written, and that is accepted and written alike. */
#include <string.h>

#include "common/manifest/pod_manifest.h"
#include "tests/fuzz/fuzz.h"

static int rewrite(const char *text, size_t length, struct text *out)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest manifest;
	struct error err = { 0 };
	int r = pod_manifest_parse(
	    &arena, &(const struct json_source){ .text = text, .length = length, .place = "fuzz" },
	    &manifest, &err);

	fuzz_check((r < 0) == (err.code != 0));
	if (r < 0) {
		fuzz_check(strncmp(err.text, "fuzz: ", 6) == 0 && strchr(err.text, '\n') == NULL);
		return r;
	}
	fuzz_check(pod_manifest_write(&manifest, out) == 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_text struct text once = { 0 }, twice = { 0 };

	if (rewrite((const char *)data, size, &once) < 0 || once.length > MANIFEST_MAX_BYTES)
		return 0;
	fuzz_check(rewrite(once.data, once.length, &twice) == 0);
	fuzz_check(strcmp(once.data, twice.data) == 0);
	return 0;
}
