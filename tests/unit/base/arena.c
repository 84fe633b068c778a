/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "tests/unit/test.h"

TEST(memory_is_zeroed_aligned_and_apart)
{
	auto_arena struct arena arena = { 0 };
	unsigned char *previous = NULL;

	for (size_t size = 1; size < 5000; size += 37) {
		unsigned char *memory = arena_alloc(&arena, 1, size);

		check_true(memory != NULL);
		check_uint((uintptr_t)memory % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			check_int(memory[i], 0);
		memset(memory, 0xff, size);
		check_true(memory != previous);
		previous = memory;
	}
}

TEST(nothing_is_still_something_of_its_own)
{
	auto_arena struct arena arena = { 0 };
	void *first = arena_alloc(&arena, 0, 8), *second = arena_alloc(&arena, 8, 0);

	check_true(first != NULL && second != NULL && first != second);
}

TEST(the_cap_holds)
{
	auto_arena struct arena arena = { .cap_bytes = 1024 };

	check_true(arena_alloc(&arena, 1, 1000) != NULL);
	check_true(arena_alloc(&arena, 1, 100) == NULL);
	check_true(arena_alloc(&arena, 1, 8) != NULL);
	check_true(arena_alloc(&arena, 1, 2000) == NULL);
}

TEST(a_product_that_overflows_is_refused)
{
	auto_arena struct arena arena = { 0 };

	check_true(arena_alloc(&arena, SIZE_MAX / 2, 3) == NULL);
	check_true(arena_alloc(&arena, SIZE_MAX, 1) == NULL);
	check_true(arena_alloc(&arena, SIZE_MAX - 7, 1) == NULL);
}

TEST(large_objects_and_small_ones_live_together)
{
	auto_arena struct arena arena = { 0 };
	char *small = arena_string(&arena, "small");
	char *large = arena_alloc(&arena, 1, (size_t)1 << 20);

	check_true(small != NULL && large != NULL);
	memset(large, 'x', (size_t)1 << 20);
	check_text(small, "small");
	check_text(arena_string(&arena, "after"), "after");
}

TEST(strings_are_copies)
{
	auto_arena struct arena arena = { 0 };
	char original[] = "text";
	char *copy = arena_string(&arena, original);
	char *part = arena_bytes(&arena, original, 2);

	original[0] = 'X';
	check_text(copy, "text");
	check_text(part, "te");
	check_text(arena_printf(&arena, "%s-%d", "a", 5), "a-5");
}

TEST(a_released_arena_can_be_used_again)
{
	struct arena arena = { .cap_bytes = 100 };

	check_true(arena_alloc(&arena, 1, 90) != NULL);
	arena_release(&arena);
	arena_release(&arena);
	arena.cap_bytes = 100;
	check_true(arena_alloc(&arena, 1, 90) != NULL);
	arena_release(&arena);
}
