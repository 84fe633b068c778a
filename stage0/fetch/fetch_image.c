/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "stage0/fetch/fetch_parts.h"
#include "stage0/store/store_find.h"

static int refuse_name(const char *text, struct error *err)
{
	return error_set(err, ENOENT,
			 "unable to fetch image from image name \"%s\": either image was not found "
			 "in the store or store was disabled and fetching from remote yielded "
			 "nothing or it was disabled",
			 text);
}

/* What the store has, or its inbox. */
static int find_stored(const struct fetch *fetch, const struct store_reference *reference,
		       const char *text, struct store_image *ret, struct error *err)
{
	struct error missing = { 0 };
	int r = store_find_reference(fetch->store, reference, text, ret, &missing);

	if (r == -ENOENT)
		r = fetch_inbox(fetch, reference, ret, err);
	/* The inbox has nothing of it, either: that is not what to tell. */
	if (r == -ENOENT || (r < 0 && err->code == 0))
		return error_set(err, missing.code, "%s", missing.text);
	return r;
}

/* A name: of the store, or of a server, as the policy says. */
static int find_name(const struct fetch *fetch, const struct fetch_wanted *wanted,
		     struct store_image *ret, struct error *err)
{
	struct error mine = { 0 };
	int r = -ENOENT;

	if (fetch->pull != FETCH_UPDATE)
		r = find_stored(fetch, wanted->reference, wanted->text, ret, &mine);
	if (r == 0)
		(void)fetch_tell(fetch, true, "using image from local store for image name %s",
				 wanted->text);
	if (r != -ENOENT)
		return r < 0 ? error_set(err, mine.code, "%s", mine.text) : 0;
	if (fetch->pull == FETCH_NEVER)
		return refuse_name(wanted->text, err);
	return fetch_name(fetch, wanted, ret, err);
}

/* By its whole path, wherever rkt was called. */
static void tell_of_file(const struct fetch *fetch, const char *path)
{
	char folder[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(folder, sizeof(folder)) != NULL) {
		for (; strncmp(path, "../", strlen("../")) == 0; path += strlen("../"))
			if (strrchr(folder, '/') != NULL)
				*strrchr(folder, '/') = '\0';
		path += strncmp(path, "./", strlen("./")) == 0 ? strlen("./") : 0;
	}
	(void)fetch_tell(fetch, true, "using image from file %s%s%s", folder,
			 path[0] == '/' ? "" : "/", path);
}

int fetch_image(const struct fetch *fetch, const struct image_source *source, const char *signature,
		struct store_image *ret, struct error *err)
{
	const struct fetch_place place = { .url = source->location, .signature_file = signature };
	struct store_reference reference;
	const struct fetch_wanted wanted = { &reference, source->text, signature };
	int r;

	switch (source->kind) {
	case IMAGE_SOURCE_FILE:
		tell_of_file(fetch, source->location);
		return fetch_file(fetch, source->location, signature, ret, err);
	case IMAGE_SOURCE_HTTP:
	case IMAGE_SOURCE_HTTPS:
		return fetch_url(fetch, &place, ret, err);
	case IMAGE_SOURCE_ID:
		r = store_reference_parse(fetch->arena, source->text, &reference, err);
		if (r < 0)
			return r;
		(void)fetch_tell(fetch, true, "using image from the store with hash %s",
				 source->text);
		return find_stored(fetch, &reference, source->text, ret, err);
	case IMAGE_SOURCE_NAME:
		r = store_reference_parse(fetch->arena, source->text, &reference, err);
		return r < 0 ? r : find_name(fetch, &wanted, ret, err);
	default:
		return error_set(err, EINVAL, "%s: not an image of App Container", source->text);
	}
}

int fetch_dependency(const struct fetch *fetch, const struct image_dependency *dependency,
		     struct store_image *ret, struct error *err)
{
	const struct store_reference reference = { .name = dependency->image_name,
						   .labels = dependency->labels };
	const struct fetch_wanted wanted = { &reference, dependency->image_name, NULL };

	return find_name(fetch, &wanted, ret, err);
}
