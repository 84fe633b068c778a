/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of the inbox: what members of the store's group have fetched, and only claim to be good.
 *
 * Root copies an entry, and from there on it is what any image from outside is: looked into,
 * verified by the keys that root trusts for its name, imported under the id that its bytes have.
 * One without a signature counts for nobody but who names its whole id and does without.
 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/store/store_find.h"
#include "stage0/store/store_inbox.h"
#include "stage0/store/store_place.h"

/* More entries of one name, or more broken ones, than that are a nuisance. */
#define CANDIDATES_MAX 16
#define COMPLAINTS_MAX 4

struct candidate {
	char name[STORE_INBOX_NAME_SIZE];
	char id[STORE_ID_SIZE];
	uid_t owner;
	uint64_t added_ns;
	const char *origin;
};

struct search {
	const struct fetch *fetch;
	const struct store_reference *reference;
	struct candidate items[CANDIDATES_MAX]; /* the newest, newest first */
	size_t n, n_complaints;
};

static void complain(const struct fetch *fetch, const char *name, uid_t owner, const char *problem)
{
	(void)fetch_tell(fetch, false, "inbox: %s of user %u is refused: %s", name, owner, problem);
}

static int add(void *context, const struct store_inbox_entry *entry, struct error *err)
{
	struct search *search = context;
	struct candidate *items = search->items;
	size_t at = search->n;

	if (entry->problem != NULL && !search->fetch->to_inbox &&
	    search->n_complaints++ < COMPLAINTS_MAX)
		complain(search->fetch, entry->name, entry->owner, entry->problem);
	if (!store_inbox_matches(entry, search->reference))
		return 0;
	while (at > 0 && items[at - 1].added_ns < entry->added_ns)
		at--;
	if (at == CANDIDATES_MAX)
		return 0;
	search->n += search->n < CANDIDATES_MAX;
	memmove(&items[at + 1], &items[at], (search->n - 1 - at) * sizeof(*items));
	items[at] = (struct candidate){ .owner = entry->owner, .added_ns = entry->added_ns };
	(void)snprintf(items[at].name, sizeof(items[at].name), "%s", entry->name);
	(void)snprintf(items[at].id, sizeof(items[at].id), "%s", entry->id);
	items[at].origin = arena_string(search->fetch->arena, entry->origin);
	return items[at].origin == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}

static int show(const struct search *search, struct store_image *ret)
{
	struct store_image image = STORE_IMAGE_NONE;

	(void)snprintf(image.id, sizeof(image.id), "%s", search->items[0].id);
	(void)fetch_tell(search->fetch, true, "image %s waits for root to take it in", image.id);
	*ret = image;
	return 0;
}

/* Whether the operator has said that this very image will do as it is. */
static bool needs_no_signature(const struct search *search)
{
	const struct store_reference *reference = search->reference;

	return search->fetch->any_image && reference->id != NULL &&
	       store_id_is_whole(reference->id);
}

static int take(const struct search *search, const struct candidate *candidate,
		struct store_image *ret, struct error *err)
{
	const struct fetch_expected expected = { search->reference->name,
						 &search->reference->labels };
	auto_close int image = FD_NONE, signature = FD_NONE;
	struct fetch_arrived arrived = { .title = candidate->name,
					 .signature = FD_NONE,
					 .expected_id = candidate->id };
	int r = store_inbox_copy(search->fetch->store, candidate->name, &image, &signature, err);

	if (r < 0)
		return r;
	arrived.file = image;
	if (search->reference->name != NULL)
		arrived.expected = &expected;
	if (!needs_no_signature(search)) {
		if (signature < 0)
			return error_set(err, ENOKEY,
					 "it has no signature; its whole id and "
					 "--insecure-options=image use it all the same");
		arrived.signature = signature;
	}
	return fetch_take_in(search->fetch, &arrived, ret, err);
}

static int take_first(const struct search *search, struct store_image *ret, struct error *err)
{
	for (size_t i = 0; i < search->n; i++) {
		const struct candidate *candidate = &search->items[i];
		struct error mine = { 0 };
		int r = take(search, candidate, ret, &mine);

		if (r == 0) {
			(void)fetch_tell(search->fetch, false,
					 "took image %s in, which user %u has fetched from %s",
					 ret->id, candidate->owner, candidate->origin);
			store_inbox_remove(search->fetch->store, candidate->name);
			return 0;
		}
		complain(search->fetch, candidate->name, candidate->owner, mine.text);
	}
	return error_set(err, ENOENT, "the inbox has no such image");
}

int fetch_inbox(const struct fetch *fetch, const struct store_reference *reference,
		struct store_image *ret, struct error *err)
{
	struct search search = { .fetch = fetch, .reference = reference };
	auto_close int lock = FD_NONE;
	struct error missing = { 0 };
	const char *text;
	int r = store_inbox_visit(fetch->store, add, &search, err);

	if (r == 0 && search.n == 0)
		return error_set(err, ENOENT, "the inbox has no such image");
	if (r < 0 || fetch->to_inbox)
		return r < 0 ? r : show(&search, ret);
	/* Who comes second finds it in the store. */
	r = store_lock_work(fetch->store, "inbox", &lock, err);
	if (r < 0)
		return r;
	text = reference->id != NULL ? reference->id : reference->name;
	if (store_find_reference(fetch->store, reference, text, ret, &missing) == 0)
		return 0;
	return take_first(&search, ret, err);
}
