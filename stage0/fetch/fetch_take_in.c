/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "stage0/fetch/fetch_keys.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/store/store_import.h"
#include "stage0/store/store_inbox.h"
#include "stage0/store/store_peek.h"

int fetch_tell(const struct fetch *fetch, bool detail, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list args;
	int n;

	if (fetch->tell == NULL)
		return 0;
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		text = NULL; /* asprintf leaves it undefined */
	else
		fetch->tell(fetch->context, detail, text);
	return n < 0 ? -ENOMEM : 0;
}

static const char *version_of(const struct manifest_pairs *labels, const char *name)
{
	for (size_t i = 0; labels != NULL && i < labels->n; i++)
		if (strcmp(labels->items[i].name, name) == 0)
			return labels->items[i].value;
	return NULL;
}

int fetch_check_expected(const struct fetch_expected *expected,
			 const struct image_manifest *manifest, struct error *err)
{
	if (expected == NULL)
		return 0;
	if (strcmp(expected->name, manifest->name) != 0)
		return error_set(
		    err, EINVAL,
		    "error when reading the app name: \"%s\" expected but \"%s\" found",
		    expected->name, manifest->name);
	for (size_t i = 0; i < expected->labels->n; i++) {
		const struct manifest_pair *wanted = &expected->labels->items[i];
		const char *value = version_of(&manifest->labels, wanted->name);

		if (value == NULL || strcmp(value, wanted->value) != 0)
			return error_set(
			    err, EINVAL,
			    "the label %s of the image is \"%s\", and \"%s\" was asked "
			    "for",
			    wanted->name, value != NULL ? value : "", wanted->value);
	}
	return 0;
}

/* What was read of a file before it is taken in. */
struct look {
	char id[STORE_ID_SIZE]; /* of a member's only */
	struct text text;
	struct image_manifest manifest; /* name NULL: not read */
};

/* The manifest of the file, which is what names the keys that count. */
static int look_into(const struct fetch *fetch, const struct fetch_arrived *arrived,
		     struct look *look, struct error *err)
{
	struct json_source source = { .place = "manifest" };
	int r = fetch->to_inbox
		    ? store_check_image(arrived->file, look->id, &look->text, err)
		    : store_peek_manifest(fetch->store, arrived->file, &look->text, err);

	if (r < 0)
		return r;
	source.text = text_string(&look->text);
	source.length = look->text.length;
	return image_manifest_parse(fetch->arena, &source, &look->manifest, err);
}

/* Looks for what a member would add to the inbox once more. */
struct own {
	const struct look *look;
	bool needs_signature, is_there;
};

static int find_own(void *context, const struct store_inbox_entry *entry, struct error *err)
{
	struct own *own = context;

	(void)err;
	if (entry->problem == NULL && entry->owner == geteuid() &&
	    strcmp(entry->id, own->look->id) == 0 &&
	    (entry->signature_bytes > 0 || !own->needs_signature))
		own->is_there = true;
	return 0;
}

/* The id is what there is of it until root takes it in. */
static int deliver(const struct fetch *fetch, const struct fetch_arrived *arrived,
		   const struct look *look, struct store_image *ret, struct error *err)
{
	const struct store_inbox_content content = { .id = look->id,
						     .signature = arrived->signature,
						     .manifest = text_string(&look->text),
						     .manifest_length = look->text.length,
						     .origin = arrived->title };
	struct store_image image = STORE_IMAGE_NONE;
	struct own own = { .look = look, .needs_signature = arrived->signature >= 0 };
	int r = store_inbox_visit(fetch->store, find_own, &own, err);

	if (r == 0 && !own.is_there)
		r = store_inbox_add(fetch->store, arrived->file, &content, err);
	if (r < 0)
		return error_prefix(err, "image %s", arrived->title);
	if (arrived->signature < 0)
		(void)fetch_tell(fetch, false,
				 "%s has no signature: root takes it in by its whole id and with "
				 "--insecure-options=image only",
				 arrived->title);
	(void)snprintf(image.id, sizeof(image.id), "%s", look->id);
	*ret = image;
	return 0;
}

static int import(const struct fetch *fetch, const struct fetch_arrived *arrived,
		  struct store_image *ret, struct error *err)
{
	const struct store_import_options options = { .quiet = fetch->quiet,
						      .expected_id = arrived->expected_id,
						      .title = arrived->title };
	char path[32];

	/* The very file that was verified, whatever its name leads to by now. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", arrived->file);
	return store_import_file(fetch->store, path, &options, ret, err);
}

static int verify(const struct fetch *fetch, const struct fetch_arrived *arrived, struct look *look,
		  struct error *err)
{
	const struct image_manifest *manifest = &look->manifest;
	int r;

	if (arrived->signature < 0 && arrived->expected == NULL && !fetch->to_inbox)
		return 0;
	r = look_into(fetch, arrived, look, err);
	if (r == 0)
		r = fetch_check_expected(arrived->expected, manifest, err);
	if (r == 0 && arrived->signature >= 0)
		r = fetch_verify(fetch, manifest->name, arrived->file, arrived->signature, err);
	if (r < 0 && manifest->name != NULL)
		return error_prefix(err, "image \"%s\" verification failed", manifest->name);
	return r < 0 ? error_prefix(err, "image %s", arrived->title) : 0;
}

int fetch_take_in(const struct fetch *fetch, const struct fetch_arrived *arrived,
		  struct store_image *ret, struct error *err)
{
	struct look look = { .manifest.name = NULL };
	int r = verify(fetch, arrived, &look, err);

	if (r == 0)
		r = fetch->to_inbox ? deliver(fetch, arrived, &look, ret, err)
				    : import(fetch, arrived, ret, err);
	text_release(&look.text);
	return r;
}
