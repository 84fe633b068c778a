/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: thousandths and whole units of what is accepted agree. */
#include <errno.h>

#include "common/base/arena.h"
#include "common/manifest/quantity.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	const char *text = arena_bytes(&arena, (const char *)data, size);
	uint64_t whole = 7, milli = 7;
	int r, r_milli;

	fuzz_check(text != NULL);
	r = quantity_parse(text, &whole);
	r_milli = quantity_parse_milli(text, &milli);
	fuzz_check(r == 0 || r == -EINVAL || r == -ERANGE);
	fuzz_check(r == 0 || whole == 7);
	fuzz_check((r == -EINVAL) == (r_milli == -EINVAL));
	if (r == 0)
		fuzz_check(whole <= INT64_MAX);
	if (r == 0 && r_milli == 0)
		fuzz_check(whole == milli / 1000 + (milli % 1000 != 0));
	return 0;
}
