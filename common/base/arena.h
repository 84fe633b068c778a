/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that lives and dies together.
 *
 * Parsed manifests and plans are trees of small strings and arrays with one
 * lifetime.  They are allocated from an arena and dropped in one call, so no
 * type needs a destructor and no failure path can leak a member.
 *
 * Limits:     an arena has a hard cap (bytes handed out); past it, and when
 *             the system has no memory, allocation returns NULL (-ENOMEM).
 * Ownership:  what arena_*() returns belongs to the arena.
 * Contents:   zeroed.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

struct arena_block;

struct arena {
	struct arena_block *newest;
	size_t used_bytes; /* handed out so far */
	size_t cap_bytes;  /* most that may be handed out; 0: ARENA_DEFAULT_CAP */
};

#define ARENA_DEFAULT_CAP ((size_t)64 << 20)

#define auto_arena        CLEANUP(arena_release)

/* Zeroed memory for n objects of size bytes, aligned for any type; NULL: cap or memory. */
void *arena_alloc(struct arena *arena, size_t n, size_t size) MUST_CHECK;

/* One zeroed object, or an array of n, of a type. */
#define arena_new(arena, type)      ((type *)arena_alloc((arena), 1, sizeof(type)))
#define arena_array(arena, n, type) ((type *)arena_alloc((arena), (n), sizeof(type)))

/* A copy of a string, or of its first length bytes (NUL added). */
char *arena_string(struct arena *arena, const char *text) MUST_CHECK;
char *arena_bytes(struct arena *arena, const char *data, size_t length) MUST_CHECK;

/* A formatted string. */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Gives all memory back; the arena is empty and usable again. */
void arena_release(struct arena *arena);
