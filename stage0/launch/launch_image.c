/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "stage0/launch/launch.h"
#include "stage0/store/image_source.h"
#include "stage0/store/store_import.h"
#include "stage0/store/store_render.h"

/* Whether the user asked for what the store has, or for nothing but that. */
static bool is_store_only(const struct request *request)
{
	return request->store_only ||
	       (request->pull_policy != NULL && strcmp(request->pull_policy, "never") == 0);
}

/* Whether the user asked for what is outside of the store, whatever the store has. */
static bool is_update(const struct request *request)
{
	return request->no_store ||
	       (request->pull_policy != NULL && strcmp(request->pull_policy, "update") == 0);
}

int launch_import(const struct launch *launch, const char *path, bool unsigned_too,
		  struct store_image *ret, struct error *err)
{
	const struct request *request = launch->request;
	const struct store_import_options options = { .quiet = request->quiet };
	int r;

	if (!unsigned_too)
		return error_set(
		    err, EPERM,
		    "%s: no signature vouches for this file; --insecure-options=image uses "
		    "it all the same",
		    path);
	r = store_import_file(&launch->store, path, &options, ret, err);
	if (r == 0)
		command_debug(launch->call, "using image %s from file %s", ret->id, path);
	return r;
}

/* A name or an id, which only the store has so far. */
static int find_stored(const struct launch *launch, const struct image_source *source,
		       struct store_image *ret, struct error *err)
{
	int r;

	if (source->kind == IMAGE_SOURCE_NAME && is_update(launch->request))
		return error_set(err, ENOTSUP,
				 "%s: --pull-policy=update: names are looked for in the store only",
				 source->text);
	r = store_find(&launch->store, source->text, ret, err);
	if (r == -ENOENT && !is_store_only(launch->request))
		return error_set(err, ENOENT,
				 "%s: there is neither such a file nor such an image in the store",
				 source->text);
	if (r == 0)
		command_debug(launch->call, "using image %s from the store for %s", ret->id,
			      source->text);
	return r;
}

static int import_container(const struct launch *launch, const struct image_source *source,
			    bool unsigned_too, struct store_image *ret, struct error *err)
{
	const struct request *request = launch->request;
	const struct store_import_options options = {
		.quiet = request->quiet,
		.update = is_update(request),
		.store_only = is_store_only(request),
	};
	int r;

	if (!unsigned_too)
		return error_set(err, EPERM,
				 "%s: no signature vouches for images of this kind; "
				 "--insecure-options=image uses it all the same",
				 source->text);
	r = store_import_container(&launch->store, source, &options, ret, err);
	if (r == 0)
		command_debug(launch->call, "using image %s from %s", ret->id, source->text);
	return r;
}

int launch_find_image(const struct launch *launch, const char *reference, bool unsigned_too,
		      struct store_image *ret, struct error *err)
{
	struct image_source source;
	int r = image_source_parse(launch->call->arena, reference, &source, err);

	if (r < 0)
		return r;
	switch (source.kind) {
	case IMAGE_SOURCE_NAME:
	case IMAGE_SOURCE_ID:
		return find_stored(launch, &source, ret, err);
	case IMAGE_SOURCE_FILE:
		return launch_import(launch, source.location, unsigned_too, ret, err);
	case IMAGE_SOURCE_OCI_LAYOUT:
	case IMAGE_SOURCE_OCI_ARCHIVE:
	case IMAGE_SOURCE_DOCKER_ARCHIVE:
	case IMAGE_SOURCE_REGISTRY:
	case IMAGE_SOURCE_CONTAINERS_STORAGE:
		return import_container(launch, &source, unsigned_too, ret, err);
	case IMAGE_SOURCE_HTTP:
	case IMAGE_SOURCE_HTTPS:
		break;
	}
	return error_set(err, ENOTSUP, "%s: images do not come from web servers", reference);
}

/*
 * A dependency is looked for by its name only, never as a file of the working directory:
 * the name is the image's, not the user's.
 */
static int fetch_dependency(void *context, const struct image_dependency *dependency,
			    struct store_image *ret, struct error *err)
{
	const struct launch *launch = context;

	(void)ret;
	return error_set(err, ENOENT, "%s is not in the store%s", dependency->image_name,
			 is_store_only(launch->request) ? "" : "; fetch it first");
}

int launch_complete_image(const struct launch *launch, struct launch_image *image,
			  struct error *err)
{
	const struct store_fetcher fetcher = { .fetch = fetch_dependency,
					       .context = (void *)(uintptr_t)launch };
	int r = launch_read_manifest(launch, &image->stored, &image->manifest, err);

	if (r == 0)
		r = store_render(&launch->store, &image->manifest, &fetcher, &image->stored, err);
	return r < 0 ? error_prefix(err, "image %s", image->manifest.name) : 0;
}
