/* SPDX-License-Identifier: Apache-2.0 */
#include "image/name_table.h"

#include <errno.h>
#include <sys/random.h>

#include "common/base/cleanup.h"

#define KIND_MASK ((uint64_t)3)

static uint64_t hash_name(const struct name_table *table, const char *name, size_t length)
{
	uint64_t hash = table->key ^ (uint64_t)length;

	for (size_t i = 0; i < length; i++) {
		hash = (hash ^ (unsigned char)name[i]) * 0x9e3779b97f4a7c15U;
		hash ^= hash >> 29;
	}
	return hash & ~KIND_MASK;
}

static uint64_t *find_slot(const struct name_table *table, uint64_t hash)
{
	size_t i = (size_t)(hash >> 20) & (table->capacity - 1);

	while (table->slots[i] != 0 && (table->slots[i] & ~KIND_MASK) != hash)
		i = (i + 1) & (table->capacity - 1);
	return &table->slots[i];
}

enum name_kind name_table_get(const struct name_table *table, const char *name, size_t length)
{
	if (table->capacity == 0)
		return NAME_ABSENT;
	return (enum name_kind)(*find_slot(table, hash_name(table, name, length)) & KIND_MASK);
}

static int grow(struct name_table *table)
{
	struct name_table larger = { .key = table->key, .n = table->n };

	larger.capacity = table->capacity > 0 ? 2 * table->capacity : 1024;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return -ENOMEM;
	if (table->capacity == 0 && getrandom(&larger.key, sizeof(larger.key), 0) < 0)
		larger.key = (uint64_t)(uintptr_t)larger.slots;
	for (size_t i = 0; i < table->capacity; i++)
		if (table->slots[i] != 0)
			*find_slot(&larger, table->slots[i] & ~KIND_MASK) = table->slots[i];
	free(table->slots);
	*table = larger;
	return 0;
}

int name_table_set(struct name_table *table, const char *name, size_t length, enum name_kind kind)
{
	uint64_t hash;
	uint64_t *slot;

	/* At most three quarters full, so that a search stays short and ends. */
	if (table->n >= table->capacity / 4 * 3) {
		int r = grow(table);

		if (r < 0)
			return r;
	}
	hash = hash_name(table, name, length);
	slot = find_slot(table, hash);
	table->n += *slot == 0;
	*slot = hash | kind;
	return 0;
}

void name_table_release(struct name_table *table)
{
	cleanup_free(&table->slots);
	table->n = 0;
	table->capacity = 0;
}
