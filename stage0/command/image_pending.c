/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/image_pending.h"

#include <errno.h>
#include <string.h>

#include "stage0/store/store_inbox.h"

struct listing {
	const struct store *store;
	struct arena *arena;
	struct store_entries entries; /* room for STORE_INBOX_ENTRIES_MAX; NULL: none yet */
};

struct wanted {
	const struct store_reference *reference;
	struct text *out;
	uint64_t added_ns;
};

static int copy_labels(struct arena *arena, const struct manifest_pairs *from,
		       struct manifest_pairs *ret)
{
	struct manifest_pair *items = arena_array(arena, from->n + 1, struct manifest_pair);

	for (size_t i = 0; items != NULL && i < from->n; i++) {
		items[i].name = arena_string(arena, from->items[i].name);
		items[i].value = arena_string(arena, from->items[i].value);
		if (items[i].name == NULL || items[i].value == NULL)
			return -ENOMEM;
	}
	*ret = (struct manifest_pairs){ items, from->n };
	return items == NULL ? -ENOMEM : 0;
}

static int add(void *context, const struct store_inbox_entry *entry, struct error *err)
{
	struct listing *listing = context;
	struct store_record record = { .imported_ns = entry->added_ns,
				       .size_bytes = entry->image_bytes };
	struct store_entry stored = { .used_ns = 0 };
	struct error missing = { 0 };

	/* What is in the store waits for nothing. */
	if (entry->problem != NULL ||
	    store_read_entry(listing->store, listing->arena, entry->id, &stored, &missing) == 0)
		return 0;
	if (listing->entries.items == NULL)
		listing->entries.items =
		    arena_array(listing->arena, STORE_INBOX_ENTRIES_MAX, struct store_entry);
	record.id = arena_string(listing->arena, entry->id);
	record.name = arena_string(listing->arena, entry->manifest.name);
	if (listing->entries.items == NULL || record.id == NULL || record.name == NULL ||
	    copy_labels(listing->arena, &entry->manifest.labels, &record.labels) < 0)
		return error_set(err, ENOMEM, "out of memory");
	listing->entries.items[listing->entries.n++] = (struct store_entry){ .record = record };
	return 0;
}

int image_pending_list(const struct store *store, struct arena *arena, struct store_entries *ret,
		       struct error *err)
{
	struct listing listing = { .store = store, .arena = arena };
	int r = store_inbox_visit(store, add, &listing, err);

	if (r < 0)
		return r;
	*ret = listing.entries;
	return 0;
}

static int take(void *context, const struct store_inbox_entry *entry, struct error *err)
{
	struct wanted *wanted = context;

	if (!store_inbox_matches(entry, wanted->reference) || entry->added_ns < wanted->added_ns)
		return 0;
	text_reset(wanted->out);
	wanted->added_ns = entry->added_ns;
	if (text_append(wanted->out, entry->manifest_text) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

int image_pending_manifest(const struct store *store, struct arena *arena, const char *reference,
			   struct text *out, struct error *err)
{
	struct store_reference parsed;
	struct wanted wanted = { .reference = &parsed, .out = out };
	int r = store_reference_parse(arena, reference, &parsed, err);

	if (r == 0)
		r = store_inbox_visit(store, take, &wanted, err);
	if (r < 0)
		return r;
	return out->length > 0 ? 0
			       : error_set(err, ENOENT, "no image \"%s\" in the inbox", reference);
}
