/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/file.h>

#include "stage0/store/store_find.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_names.h"
#include "stage0/store/store_place.h"
#include "stage0/store/store_reference.h"

/* So many candidates of an ambiguous prefix are named. */
#define CANDIDATES 8

struct prefix_search {
	char found[CANDIDATES][STORE_ID_SIZE];
	size_t n; /* all, named or not */
};

static int note_match(void *context, const char *id, struct error *err)
{
	struct prefix_search *search = context;

	(void)err;
	if (search->n < CANDIDATES)
		(void)snprintf(search->found[search->n], STORE_ID_SIZE, "%s", id);
	search->n++;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int refuse_ambiguous(const char *prefix, struct prefix_search *search, struct error *err)
{
	size_t n = search->n < CANDIDATES ? search->n : CANDIDATES;
	auto_text struct text list = { 0 };

	qsort(search->found, n, STORE_ID_SIZE, compare_ids);
	for (size_t i = 0; i < n; i++)
		(void)text_printf(&list, "%s%.*s", i > 0 ? ", " : "", STORE_SHOWN_ID_SIZE - 1,
				  search->found[i]);
	if (search->n > n)
		(void)text_printf(&list, " and %zu more", search->n - n);
	return error_set(err, ENOTUNIQ, "image id \"%s\" is ambiguous: it may be %s", prefix,
			 text_string(&list));
}

static int find_by_prefix(const struct store *store, const char *prefix, struct store_image *ret,
			  struct error *err)
{
	struct prefix_search search = { .n = 0 };
	int r;

	if (store_id_is_whole(prefix))
		return store_find_id(store, prefix, ret, err);
	r = store_visit_ids(store, prefix, note_match, &search, err);
	if (r < 0)
		return r;
	if (search.n == 0)
		return error_set(err, ENOENT, "no image \"%s\" in the store", prefix);
	if (search.n > 1)
		return refuse_ambiguous(prefix, &search, err);
	return store_find_id(store, search.found[0], ret, err);
}

/* 1: found, 0: no image of that name fits. */
static int look_up(const struct store *store, struct arena *arena,
		   const struct store_reference *reference, struct store_image *ret,
		   struct error *err)
{
	struct store_records records;
	int r = store_names_load(store, arena, reference->name, &records, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < records.n; i++) {
		const struct store_record *record = &records.items[i];
		struct error mine = { 0 };

		if (strcmp(record->name, reference->name) != 0 ||
		    !store_reference_matches(reference, &record->labels))
			continue;
		r = store_find_id(store, record->id, ret, &mine);
		if (r == 0)
			return 1;
		if (r != -ENOENT)
			return error_set(err, mine.code, "%s", mine.text);
	}
	return 0;
}

/* An import that died after its image was there and before its name was noted. */
static int rebuild(const struct store *store, const char *name, struct error *err)
{
	auto_close int lock = FD_NONE;
	int r = store_lock(store, LOCK_EX, &lock, err);

	return r < 0 ? r : store_names_rebuild(store, name, err);
}

int store_find_reference(const struct store *store, const struct store_reference *reference,
			 const char *text, struct store_image *ret, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct error mine = { 0 };
	int r;

	if (reference->id != NULL)
		return find_by_prefix(store, reference->id, ret, err);
	r = look_up(store, &arena, reference, ret, err);
	/* A store that cannot be written has nothing to rebuild for this caller. */
	if (r == 0 && rebuild(store, reference->name, &mine) == 0)
		r = look_up(store, &arena, reference, ret, err);
	if (r == 0)
		return error_set(err, ENOENT, "no image \"%s\" in the store", text);
	return r < 0 ? r : 0;
}

int store_find(const struct store *store, const char *text, struct store_image *ret,
	       struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct store_reference reference;
	int r = store_reference_parse(&arena, text, &reference, err);

	return r < 0 ? r : store_find_reference(store, &reference, text, ret, err);
}
