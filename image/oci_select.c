/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_select.h"

#include <errno.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/base/text.h"
#include "image/oci_name.h"
#include "image/oci_platform.h"

#define LIST_MAX_BYTES 320 /* of the choices in a message */

static void list_choice(struct text *list, const char *choice)
{
	if (list->length > LIST_MAX_BYTES - 64)
		return;
	(void)text_printf(list, "%s%.60s", list->length > 0 ? ", " : "", choice);
}

/* "@2": the third. */
static bool is_number(const char *reference, size_t n, size_t *ret)
{
	uint64_t number;

	if (reference[0] != '@' || parse_u64(reference + 1, UINT32_MAX, &number) < 0 || number >= n)
		return false;
	*ret = (size_t)number;
	return true;
}

/* "redis:7" and "docker.io/library/redis:7" are one name. */
static bool is_same_name(struct arena *arena, const char *a, const char *b)
{
	struct error ignored = { 0 };
	struct oci_name x, y;

	if (strcmp(a, b) == 0)
		return true;
	if (oci_name_parse(arena, a, true, &x, &ignored) < 0 ||
	    oci_name_parse(arena, b, true, &y, &ignored) < 0)
		return false;
	return strcmp(x.registry, y.registry) == 0 && strcmp(x.repository, y.repository) == 0 &&
	       strcmp(x.tag, y.tag) == 0;
}

static bool is_called(struct arena *arena, const struct oci_descriptor *entry,
		      const char *reference)
{
	if (strcmp(entry->digest.text, reference) == 0)
		return true;
	/* A plain tag is no name to be completed. */
	if (entry->reference != NULL && strcmp(entry->reference, reference) == 0)
		return true;
	if (entry->reference != NULL && strpbrk(entry->reference, "/:") != NULL &&
	    is_same_name(arena, entry->reference, reference))
		return true;
	return entry->full_name != NULL && is_same_name(arena, entry->full_name, reference);
}

static const char *name_of(const struct oci_descriptor *entry)
{
	if (entry->reference != NULL)
		return entry->reference;
	return entry->full_name != NULL ? entry->full_name : entry->digest.text;
}

static bool is_named(const struct oci_descriptor *entry)
{
	return entry->reference != NULL || entry->full_name != NULL;
}

/* Of entries for several platforms, the best for this machine; a single one whatever it is for. */
static int choose_best(const struct oci_descriptor *const *entries, size_t n,
		       const struct oci_descriptor **ret, struct error *err)
{
	const struct oci_platform host = oci_platform_host();
	auto_text struct text list = { 0 };
	unsigned best = 0;

	for (size_t i = 0; i < n; i++) {
		const struct oci_platform *platform = &entries[i]->platform;
		unsigned fits = n == 1 ? 1 : oci_platform_fits(platform, &host);
		char shown[64];

		(void)snprintf(shown, sizeof(shown), "%.20s/%.20s%s%.18s",
			       platform->os != NULL ? platform->os : "?",
			       platform->architecture != NULL ? platform->architecture : "?",
			       platform->variant != NULL ? "/" : "",
			       platform->variant != NULL ? platform->variant : "");
		list_choice(&list, shown);
		if (fits > best) {
			best = fits;
			*ret = entries[i];
		}
	}
	if (best == 0)
		return error_set(err, ENOENT, "there is no image for %s/%s; there are: %s", host.os,
				 host.architecture != NULL ? host.architecture : "this machine",
				 text_string(&list));
	return 0;
}

static int gather(struct arena *arena, const struct oci_document *index,
		  const struct oci_descriptor ***ret, struct error *err)
{
	*ret = arena_array(arena, index->n_manifests + 1, const struct oci_descriptor *);
	return *ret == NULL ? error_set(err, ENOMEM, "choosing an image: out of memory") : 0;
}

static int none_called(const struct oci_document *index, const char *reference, struct error *err)
{
	auto_text struct text list = { 0 };

	for (size_t i = 0; i < index->n_manifests; i++)
		list_choice(&list, name_of(&index->manifests[i]));
	if (index->n_manifests == 0)
		return error_set(err, ENOENT, "it has no image at all");
	return error_set(err, ENOENT, "there is no image %.100s; there are: %s", reference,
			 text_string(&list));
}

static int by_reference(struct arena *arena, const struct oci_document *index,
			const char *reference, const struct oci_descriptor **ret, struct error *err)
{
	const struct oci_descriptor **found;
	size_t number, n = 0;
	int r;

	if (is_number(reference, index->n_manifests, &number)) {
		*ret = &index->manifests[number];
		return 0;
	}
	r = gather(arena, index, &found, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < index->n_manifests; i++)
		if (is_called(arena, &index->manifests[i], reference))
			found[n++] = &index->manifests[i];
	return n == 0 ? none_called(index, reference, err) : choose_best(found, n, ret, err);
}

int oci_select_reference(struct arena *arena, const struct oci_document *index,
			 const char *reference, const struct oci_descriptor **ret,
			 struct error *err)
{
	const struct oci_descriptor **found;
	auto_text struct text list = { 0 };
	const char *name = NULL;
	bool differ = false;
	size_t n = 0;
	int r;

	if (reference != NULL)
		return by_reference(arena, index, reference, ret, err);
	r = gather(arena, index, &found, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct oci_descriptor *entry = &index->manifests[i];

		if (oci_platform_is_none(&entry->platform))
			continue;
		found[n++] = entry;
		list_choice(&list, name_of(entry));
		differ = differ ||
			 (is_named(entry) && name != NULL && strcmp(name, name_of(entry)) != 0);
		if (is_named(entry))
			name = name_of(entry);
	}
	if (n == 0)
		return error_set(err, ENOENT, "it has no image at all");
	if (differ)
		return error_set(err, ENOTUNIQ,
				 "there are several images; add a colon and one of: %s",
				 text_string(&list));
	return choose_best(found, n, ret, err);
}

int oci_select_platform(const struct oci_document *index, const struct oci_descriptor **ret,
			struct error *err)
{
	auto_arena struct arena arena = { 0 };
	const struct oci_descriptor **found;
	size_t n = 0;
	int r = gather(&arena, index, &found, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < index->n_manifests; i++)
		if (!oci_platform_is_none(&index->manifests[i].platform))
			found[n++] = &index->manifests[i];
	if (n == 0)
		return error_set(err, ENOENT, "the index has no image at all");
	return choose_best(found, n, ret, err);
}

static const char *find_tag(struct arena *arena, const struct docker_item *item,
			    const char *reference)
{
	for (size_t i = 0; i < item->n_tags; i++)
		if (is_same_name(arena, item->tags[i], reference))
			return item->tags[i];
	return NULL;
}

static int no_item(const struct docker_items *items, const char *reference, struct error *err)
{
	auto_text struct text list = { 0 };

	for (size_t i = 0; i < items->n; i++)
		for (size_t j = 0; j < items->items[i].n_tags; j++)
			list_choice(&list, items->items[i].tags[j]);
	if (items->n == 0)
		return error_set(err, ENOENT, "it has no image at all");
	if (reference == NULL)
		return error_set(err, ENOTUNIQ,
				 "there are several images; add a colon and one of: %s",
				 text_string(&list));
	return error_set(err, ENOENT, "there is no image %.100s; there are: %s", reference,
			 text_string(&list));
}

int oci_select_item(struct arena *arena, const struct docker_items *items, const char *reference,
		    struct docker_choice *ret, struct error *err)
{
	size_t number = 0;

	if (items->n == 1 && reference == NULL)
		reference = "@0";
	if (reference != NULL && is_number(reference, items->n, &number)) {
		const struct docker_item *item = &items->items[number];

		*ret = (struct docker_choice){ item, item->n_tags > 0 ? item->tags[0] : NULL };
		return 0;
	}
	for (size_t i = 0; reference != NULL && i < items->n; i++) {
		const char *tag = find_tag(arena, &items->items[i], reference);

		if (tag != NULL) {
			*ret = (struct docker_choice){ &items->items[i], tag };
			return 0;
		}
	}
	return no_item(items, reference, err);
}
