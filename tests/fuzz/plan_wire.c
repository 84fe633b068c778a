/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes in place of a plan on its way to a guest: what is accepted can be written again, to the
 * same bytes, and printed. */
#include <string.h>

#include "common/base/cleanup.h"
#include "common/plan/plan_json.h"
#include "stage1-kvm/machine/plan_wire.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text again = { 0 };
	auto_text struct text json = { 0 };
	struct plan plan;
	struct error err = { 0 };

	if (plan_wire_read(&arena, (const char *)data, size, &plan, &err) < 0) {
		fuzz_check(err.code != 0 && err.text[0] != '\0');
		return 0;
	}
	fuzz_check(plan_wire_write(&arena, &plan, &again, &err) == 0);
	fuzz_check(again.length == size && memcmp(text_string(&again), data, size) == 0);
	/* It refuses what is no UTF-8. */
	result_ignored(plan_json_write(&plan, false, &json));
	return 0;
}
