/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stage0/fetch/fetch.h"
#include "stage0/launch/launch.h"
#include "stage0/launch/launch_fetch.h"
#include "stage0/launch/registry_login.h"
#include "stage0/store/store_import.h"
#include "stage0/store/store_reference.h"
#include "stage0/store/store_render.h"
#include "stage0/version.h"

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

/* Who says where an image is from: the original's part that looks for them. */
#define TELLER "image"

int launch_import(const struct launch *launch, const char *path, struct store_image *ret,
		  struct error *err)
{
	const struct store_import_options options = { .quiet = launch->request->quiet };

	command_debug_as(launch->call, TELLER, "using image from file %s", path);
	return store_import_file(&launch->store, path, &options, ret, err);
}

int launch_find_stored(const struct launch *launch, const char *reference, struct store_image *ret,
		       struct error *err)
{
	int r = store_find(&launch->store, reference, ret, err);

	if (r == 0)
		command_debug_as(launch->call, TELLER, "using image from %s %s",
				 strncmp(reference, "sha512-", strlen("sha512-")) == 0
				     ? "the store with hash"
				     : "local store for image name",
				 reference);
	return r;
}

static void tell(void *context, bool detail, const char *text)
{
	const struct launch *launch = context;

	if (detail)
		command_debug_as(launch->call, TELLER, "%s", text);
	else
		command_tell(launch->call, text);
}

static enum fetch_pull choose_pull(const struct request *request)
{
	if (is_store_only(request))
		return FETCH_NEVER;
	return is_update(request) ? FETCH_UPDATE : FETCH_NEW;
}

struct fetch launch_make_fetch(const struct launch *launch)
{
	const struct global_options *global = launch->call->global;

	return (struct fetch){
		.arena = launch->call->arena,
		.store = &launch->store,
		.places = &global->places,
		.agent = "rkt/" RKT_VERSION,
		.pull = choose_pull(launch->request),
		.any_image = (global->insecure & INSECURE_IMAGE) != 0,
		.any_certificate = (global->insecure & INSECURE_TLS) != 0,
		.allow_http = (global->insecure & INSECURE_HTTP) != 0,
		.any_key = (global->insecure & INSECURE_PUBKEY) != 0,
		.trust_keys_from_https = global->trust_keys_from_https,
		.to_inbox = geteuid() != 0,
		.quiet = launch->request->quiet,
		.tell = tell,
		.context = (void *)(uintptr_t)launch,
	};
}

/* An image of OCI or Docker; nothing that rkt could verify vouches for these. */
static int import_container(const struct launch *launch, const struct image_source *source,
			    struct store_image *ret, struct error *err)
{
	const struct request *request = launch->request;
	struct store_login login;
	struct store_import_options options = {
		.quiet = request->quiet,
		.update = is_update(request),
		.store_only = is_store_only(request),
	};
	int r;

	if ((launch->call->global->insecure & INSECURE_IMAGE) == 0)
		return error_set(err, EPERM,
				 "%s: no signature vouches for images of this kind; "
				 "--insecure-options=image uses it all the same",
				 source->text);
	r = registry_login_find(launch->call->arena, &launch->call->global->places, source, &login,
				err);
	if (r < 0)
		return r;
	if (r > 0)
		options.login = &login;
	return store_import_container(&launch->store, source, &options, ret, err);
}

int launch_find_image(const struct launch *launch, const char *reference, const char *signature,
		      struct store_image *ret, struct error *err)
{
	const struct fetch fetch = launch_make_fetch(launch);
	struct image_source source;
	int r = image_source_parse(launch->call->arena, reference, &source, err);

	if (r == 0 && image_source_is_container(&source))
		r = import_container(launch, &source, ret, err);
	else if (r == 0)
		r = fetch_image(&fetch, &source, signature, ret, err);
	if (r == 0)
		command_debug(launch->call, "using image %s for %s", ret->id, reference);
	return r;
}

int launch_find_file(const struct launch *launch, const char *path, struct store_image *ret,
		     struct error *err)
{
	const struct image_source source = { .kind = IMAGE_SOURCE_FILE,
					     .text = path,
					     .location = path };
	const struct fetch fetch = launch_make_fetch(launch);

	return fetch_image(&fetch, &source, NULL, ret, err);
}

/*
 * A dependency is looked for by its name only, never as a file of the working directory:
 * the name is the image's, not the user's.
 */
static int get_dependency(void *context, const struct image_dependency *dependency,
			  struct store_image *ret, struct error *err)
{
	return fetch_dependency(context, dependency, ret, err);
}

int launch_complete_image(const struct launch *launch, struct launch_image *image,
			  struct error *err)
{
	struct fetch fetch = launch_make_fetch(launch);
	const struct store_fetcher fetcher = { .fetch = get_dependency,
					       .context = &fetch,
					       .first = fetch.pull == FETCH_UPDATE };
	int r = launch_read_manifest(launch, &image->stored, &image->manifest, err);

	if (r == 0)
		r = store_check_machine(&image->manifest.labels, err);
	if (r == 0)
		r = store_render(&launch->store, &image->manifest, &fetcher, &image->stored, err);
	return r < 0 ? error_prefix(err, "image %s", image->manifest.name) : 0;
}
