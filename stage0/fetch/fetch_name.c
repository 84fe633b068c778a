/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image by its name: App Container discovery.
 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/fetch/fetch_discover.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/fetch/fetch_trust.h"

/* The labels asked for, and os and arch of this machine where they were not. */
static int complete_labels(const struct fetch *fetch, const struct manifest_pairs *asked,
			   struct manifest_pairs *ret, struct error *err)
{
	const struct manifest_pair defaults[] = { { "os", "linux" },
						  { "arch", store_reference_machine() } };
	struct manifest_pair *items =
	    arena_array(fetch->arena, asked->n + ARRAY_LENGTH(defaults), struct manifest_pair);
	size_t n = asked->n;

	if (items == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (n > 0)
		memcpy(items, asked->items, n * sizeof(*items));
	for (size_t i = 0; i < ARRAY_LENGTH(defaults); i++)
		if (manifest_pairs_get(asked, defaults[i].name) == NULL)
			items[n++] = defaults[i];
	*ret = (struct manifest_pairs){ items, n };
	return 0;
}

static bool is_allowed(const struct fetch *fetch, const char *url)
{
	return strncmp(url, "https://", strlen("https://")) == 0 ||
	       (fetch->allow_http && strncmp(url, "http://", strlen("http://")) == 0);
}

/* The first place that can be reached; what one of them has is final, good or bad. */
static int try_places(const struct fetch *fetch, const struct fetch_found *found,
		      struct fetch_place *place, struct store_image *ret, struct error *err)
{
	int r = error_set(err, ENOTSUP, "%s: images come over https only", found->images[0].image);

	for (size_t i = 0; i < found->n_images; i++) {
		place->url = found->images[i].image;
		place->signature_url = found->images[i].signature;
		if (!is_allowed(fetch, place->url) || !is_allowed(fetch, place->signature_url))
			continue;
		error_clear(err);
		r = fetch_url(fetch, place, ret, err);
		if (r != -EREMOTEIO && r != -EHOSTUNREACH && r != -ECONNREFUSED)
			return r;
	}
	return r;
}

int fetch_name(const struct fetch *fetch, const struct fetch_wanted *wanted,
	       struct store_image *ret, struct error *err)
{
	const struct store_reference *reference = wanted->reference;
	const struct fetch_expected expected = { reference->name, &reference->labels };
	struct fetch_place place = { .signature_file = wanted->signature,
				     .expected = &expected,
				     .refresh = true };
	struct fetch_found found = { .n_images = 0 };
	struct manifest_pairs labels = { .n = 0 };
	int r = complete_labels(fetch, &reference->labels, &labels, err);

	if (r < 0)
		return r;
	(void)fetch_tell(fetch, true, "searching for app image %s", reference->name);
	r = fetch_discover(fetch, reference->name, &labels, &found, err);
	if (r < 0)
		return error_prefix(err, "discovery failed for \"%s\"", wanted->text);
	if (fetch->trust_keys_from_https && !fetch->any_image &&
	    (!fetch->any_certificate || fetch->any_key))
		fetch_trust_offered(fetch, reference->name);
	return try_places(fetch, &found, &place, ret, err);
}
