/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *older;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

static const size_t block_size = (size_t)16 << 10;

static struct arena_block *add_block(struct arena *arena, size_t at_least)
{
	size_t size = at_least > block_size ? at_least : block_size;
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	block->size = size;
	block->older = arena->newest;
	arena->newest = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t n, size_t size)
{
	size_t cap = arena->cap_bytes > 0 ? arena->cap_bytes : ARENA_DEFAULT_CAP;
	size_t bytes;
	struct arena_block *block = arena->newest;
	void *memory;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > cap)
		return NULL;
	bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (bytes == 0)
		bytes = alignof(max_align_t);
	if (bytes > cap - arena->used_bytes)
		return NULL;
	if (block == NULL || block->size - block->used < bytes)
		block = add_block(arena, bytes);
	if (block == NULL)
		return NULL;
	memory = block->data + block->used;
	block->used += bytes;
	arena->used_bytes += bytes;
	return memory;
}

char *arena_bytes(struct arena *arena, const char *data, size_t length)
{
	char *copy = length == SIZE_MAX ? NULL : arena_alloc(arena, length + 1, 1);

	if (copy != NULL && length > 0)
		memcpy(copy, data, length);
	return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
	return arena_bytes(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return NULL;
	text = arena_alloc(arena, (size_t)n + 1, 1);
	if (text == NULL)
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	return text;
}

void arena_release(struct arena *arena)
{
	while (arena->newest != NULL) {
		struct arena_block *block = arena->newest;

		arena->newest = block->older;
		free(block);
	}
	arena->used_bytes = 0;
}
