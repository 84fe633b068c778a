/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "stage0/fetch/fetch_keys.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/store/store_import.h"
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

/* The manifest of the file, which is what names the keys that count. */
static int peek(const struct fetch *fetch, const struct fetch_arrived *arrived,
		struct image_manifest *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_source source = { .place = "manifest" };
	int r = store_peek_manifest(fetch->store, arrived->file, &text, err);

	if (r < 0)
		return r;
	source.text = text_string(&text);
	source.length = text.length;
	return image_manifest_parse(fetch->arena, &source, ret, err);
}

static int import(const struct fetch *fetch, const struct fetch_arrived *arrived,
		  struct store_image *ret, struct error *err)
{
	const struct store_import_options options = { .quiet = fetch->quiet,
						      .title = arrived->title };
	char path[32];

	/* The very file that was verified, whatever its name leads to by now. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", arrived->file);
	return store_import_file(fetch->store, path, &options, ret, err);
}

int fetch_take_in(const struct fetch *fetch, const struct fetch_arrived *arrived,
		  struct store_image *ret, struct error *err)
{
	struct image_manifest manifest = { .name = NULL };
	int r = 0;

	if (arrived->signature >= 0 || arrived->expected != NULL) {
		r = peek(fetch, arrived, &manifest, err);
		if (r == 0)
			r = fetch_check_expected(arrived->expected, &manifest, err);
		if (r == 0 && arrived->signature >= 0)
			r = fetch_verify(fetch, manifest.name, arrived->file, arrived->signature,
					 err);
		if (r < 0 && manifest.name != NULL)
			return error_prefix(err, "image \"%s\" verification failed", manifest.name);
		if (r < 0)
			return error_prefix(err, "image %s", arrived->title);
	}
	return import(fetch, arrived, ret, err);
}
