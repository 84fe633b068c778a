/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_chain.h"

#include "common/base/file.h"
#include "stage0/store/store_find.h"

/* An image whose dependencies are being looked up, and what wanted it. */
struct step {
	const char *id;
	const char *name;
	const struct step *wanted_by; /* NULL: it is the image asked for */
	const struct store_filter *filter;
	size_t depth; /* 0: it is the image asked for */
};

struct resolution {
	const struct store *store;
	const struct store_fetcher *fetcher;
	struct arena *arena;
	struct store_chain *chain;
	struct error *err;
};

void store_chain_release(struct store_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		store_image_release(&chain->items[i].image);
	chain->n = 0;
}

static int no_memory(struct resolution *resolution)
{
	return error_set(resolution->err, ENOMEM, "out of memory");
}

const char *store_dependency_text(struct arena *arena, const struct image_dependency *dependency)
{
	auto_text struct text text = { 0 };
	const char *version = manifest_pairs_get(&dependency->labels, "version");

	(void)text_append(&text, dependency->image_name);
	if (version != NULL)
		(void)text_printf(&text, ":%s", version);
	for (size_t i = 0; i < dependency->labels.n; i++)
		if (strcmp(dependency->labels.items[i].name, "version") != 0)
			(void)text_printf(&text, ",%s=%s", dependency->labels.items[i].name,
					  dependency->labels.items[i].value);
	return text_status(&text) < 0 ? NULL : arena_string(arena, text_string(&text));
}

static int read_manifest(struct resolution *resolution, const struct store_image *image,
			 struct image_manifest *ret)
{
	auto_text struct text content = { 0 };
	const char *place = arena_printf(resolution->arena, "manifest of %s", image->id);
	int r = store_read_manifest(image, &content, resolution->err);

	if (r < 0)
		return r;
	if (place == NULL)
		return no_memory(resolution);
	return image_manifest_parse(resolution->arena,
				    &(const struct json_source){ .text = text_string(&content),
								 .length = content.length,
								 .place = place },
				    ret, resolution->err);
}

/* "a (sha512-1…) → b (sha512-2…) → a": the images from the first to its return. */
static int refuse_ring(struct resolution *resolution, const struct step *step, const char *id)
{
	const struct step *steps[STORE_CHAIN_MAX];
	auto_text struct text ring = { 0 };
	size_t n = 0;

	for (; step != NULL; step = step->wanted_by) {
		steps[n++] = step;
		if (strcmp(step->id, id) == 0)
			break;
	}
	for (size_t i = n; i > 0; i--)
		(void)text_printf(&ring, "%s (%.*s) → ", steps[i - 1]->name,
				  STORE_SHOWN_ID_SIZE - 1, steps[i - 1]->id);
	return error_set(resolution->err, ELOOP, "images depend on each other: %s%s",
			 text_string(&ring), n > 0 ? steps[n - 1]->name : id);
}

/* An id says which image, not that it is the one that was meant. */
static int check_identity(struct resolution *resolution, const struct image_dependency *dependency,
			  const struct store_image *image, const struct image_manifest *manifest)
{
	if (manifest->name == NULL || strcmp(manifest->name, dependency->image_name) != 0)
		return error_set(resolution->err, EINVAL, "the image %s is \"%s\", not \"%s\"",
				 image->id, manifest->name, dependency->image_name);
	for (size_t i = 0; i < dependency->labels.n; i++) {
		const struct manifest_pair *wanted = &dependency->labels.items[i];
		const char *value = image_manifest_label(manifest, wanted->name);

		if (value == NULL || strcmp(value, wanted->value) != 0)
			return error_set(resolution->err, EINVAL,
					 "the image %s has the label %s \"%s\", not \"%s\"",
					 image->id, wanted->name, value != NULL ? value : "",
					 wanted->value);
	}
	return 0;
}

/* The store's digits of an id that may be the whole SHA-512. */
static bool is_that_id(const char *wanted, const char *id)
{
	return strncmp(wanted, id, STORE_ID_SIZE - 1) == 0;
}

static int find_dependency(struct resolution *resolution, const struct image_dependency *dependency,
			   struct store_image *ret)
{
	const struct store_reference by_name = { .name = dependency->image_name,
						 .labels = dependency->labels };
	const char *text = store_dependency_text(resolution->arena, dependency);
	struct error *err = resolution->err;
	struct error mine = { 0 };
	int r;

	if (text == NULL)
		return no_memory(resolution);
	if (resolution->fetcher != NULL && resolution->fetcher->first &&
	    dependency->image_id == NULL)
		return resolution->fetcher->fetch(resolution->fetcher->context, dependency, ret,
						  err);
	if (dependency->image_id != NULL)
		r = store_find(resolution->store, dependency->image_id, ret, &mine);
	else
		r = store_find_reference(resolution->store, &by_name, text, ret, &mine);
	if (r == -ENOENT && resolution->fetcher != NULL) {
		r = resolution->fetcher->fetch(resolution->fetcher->context, dependency, ret, err);
		return r;
	}
	return r < 0 ? error_set(err, mine.code, "%s", mine.text) : 0;
}

static int add_image(struct resolution *resolution, const struct step *wanted_by,
		     struct store_image *image, const struct image_dependency *as);

static int add_dependency(struct resolution *resolution, const struct step *step,
			  const struct image_dependency *dependency)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	int r = find_dependency(resolution, dependency, &image);

	if (r == 0 && dependency->image_id != NULL && !is_that_id(dependency->image_id, image.id))
		r = error_set(resolution->err, EINVAL, "the image found is %s, not %s", image.id,
			      dependency->image_id);
	if (r == 0) {
		for (const struct step *up = step; up != NULL; up = up->wanted_by)
			if (strcmp(up->id, image.id) == 0)
				return refuse_ring(resolution, step, image.id);
		r = add_image(resolution, step, &image, dependency);
		if (r == -ELOOP || r == -E2BIG)
			return r;
	}
	return r < 0 ? error_prefix(resolution->err, "%s depends on %s", step->name,
				    dependency->image_name)
		     : 0;
}

static int refuse_size(struct resolution *resolution)
{
	return error_set(resolution->err, E2BIG,
			 "the image and its dependencies are more than %d layers", STORE_CHAIN_MAX);
}

/* Takes the image over into the chain, behind what it depends on. */
static int append(struct resolution *resolution, struct store_image *image,
		  const struct store_filter *filter)
{
	struct store_chain *chain = resolution->chain;

	if (chain->n == STORE_CHAIN_MAX)
		return refuse_size(resolution);
	chain->items[chain->n++] = (struct store_layer){ *image, filter };
	image->tree = FD_NONE;
	return 0;
}

/* as: how it was asked for; NULL: it is the image that the chain is for. */
static int add_image(struct resolution *resolution, const struct step *wanted_by,
		     struct store_image *image, const struct image_dependency *as)
{
	struct step step = { .id = image->id,
			     .wanted_by = wanted_by,
			     .filter = wanted_by != NULL ? wanted_by->filter : NULL,
			     .depth = wanted_by != NULL ? wanted_by->depth + 1 : 0 };
	struct image_manifest manifest = { 0 };
	int r = read_manifest(resolution, image, &manifest);

	if (r == 0 && as != NULL)
		r = check_identity(resolution, as, image, &manifest);
	if (r < 0)
		return r;
	step.name = manifest.name;
	if (manifest.path_whitelist.n > 0)
		step.filter =
		    store_filter_make(resolution->arena, &manifest.path_whitelist, step.filter);
	if (manifest.path_whitelist.n > 0 && step.filter == NULL)
		return no_memory(resolution);
	/* All images up to the first one will be in the chain, too. */
	if (resolution->chain->n + manifest.n_dependencies + step.depth >= STORE_CHAIN_MAX)
		return refuse_size(resolution);
	for (size_t i = 0; r == 0 && i < manifest.n_dependencies; i++)
		r = add_dependency(resolution, &step, &manifest.dependencies[i]);
	return r < 0 ? r : append(resolution, image, step.filter);
}

int store_chain_resolve(const struct store *store, const struct store_image *image,
			const struct store_fetcher *fetcher, struct store_chain *ret,
			struct error *err)
{
	struct resolution resolution = {
		.store = store, .fetcher = fetcher, .arena = ret->arena, .chain = ret, .err = err
	};
	auto_store_image struct store_image own = STORE_IMAGE_NONE;
	int r;

	ret->items = arena_array(ret->arena, STORE_CHAIN_MAX, struct store_layer);
	if (ret->items == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = store_find_id(store, image->id, &own, err);
	if (r == 0)
		r = add_image(&resolution, NULL, &own, NULL);
	if (r < 0)
		store_chain_release(ret);
	return r;
}
