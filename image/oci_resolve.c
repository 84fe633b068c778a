/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_resolve.h"

#include <errno.h>
#include <string.h>

#include "image/entry_name.h"
#include "image/oci_index.h"
#include "image/oci_name.h"
#include "image/oci_select.h"

#define MAX_INDEXES      8
#define SHA256_HEX_BYTES 64

static const char index_name[] = "index.json";
static const char docker_name[] = "manifest.json";

struct resolution {
	struct arena *arena;
	const struct blob_source *source;
	const struct oci_wanted *wanted;
	struct oci_image image;
};

static int out_of_memory(struct error *err)
{
	return error_set(err, ENOMEM, "reading the image's documents: out of memory");
}

/* A document's text into the arena, verified. */
static int load(struct resolution *resolution, const struct blob_claim *claim, struct oci_text *ret,
		struct error *err)
{
	auto_text struct text text = { 0 };
	int r = blob_load(resolution->source, claim, OCI_DOCUMENT_MAX_BYTES, &text, err);

	if (r < 0)
		return r;
	ret->content = arena_bytes(resolution->arena, text_string(&text), text.length);
	ret->length = text.length;
	ret->place = claim->name;
	return ret->content == NULL ? out_of_memory(err) : 0;
}

static int load_blob(struct resolution *resolution, const struct oci_descriptor *descriptor,
		     struct oci_text *ret, struct error *err)
{
	const struct blob_claim claim = {
		.name = oci_blob_name(resolution->arena, &descriptor->digest),
		.digest = &descriptor->digest,
		.has_size = true,
		.size_bytes = descriptor->size_bytes,
	};

	return claim.name == NULL ? out_of_memory(err) : load(resolution, &claim, ret, err);
}

static int name_image(struct resolution *resolution, const char *full_name, const char *tag,
		      struct error *err)
{
	const struct oci_wanted *wanted = resolution->wanted;
	struct oci_origin *origin = &resolution->image.origin;
	struct oci_name name;
	int r;

	if (wanted->name != NULL)
		full_name = wanted->name;
	r = full_name != NULL ? oci_name_parse(resolution->arena, full_name, true, &name, err)
			      : oci_name_of_file(resolution->arena, wanted->path, tag, &name, err);
	if (r < 0)
		return r;
	origin->identifier = name.identifier;
	origin->tag = name.tag;
	origin->registry = name.registry;
	origin->repository = name.registry[0] != '\0' ? name.repository : "";
	origin->original_name = full_name != NULL ? full_name : "";
	return 0;
}

/* A reference with a slash or a colon is a name of its own; a word is only a tag. */
static int name_after_entry(struct resolution *resolution, const struct oci_descriptor *entry,
			    struct error *err)
{
	const char *reference = entry->reference;

	if (reference != NULL && strpbrk(reference, "/:") != NULL)
		return name_image(resolution, reference, NULL, err);
	return name_image(resolution, entry->full_name, reference, err);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = text != NULL ? strlen(text) : 0;

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* How they are packed, their first bytes tell; this only keeps out what is no layer. */
static int check_layer_type(const struct oci_descriptor *layer, struct error *err)
{
	static const char *const endings[] = { ".tar", ".tar+gzip", ".tar.gzip", ".tar+zstd",
					       ".tar.zstd" };

	if (layer->media_type == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_with(layer->media_type, endings[i]))
			return 0;
	return error_set(err, ENOTSUP, "the layer %s is of type %.80s, which cannot be read",
			 layer->digest.text, layer->media_type);
}

static int check_config_type(const struct oci_descriptor *config, struct error *err)
{
	if (config->media_type == NULL ||
	    strcmp(config->media_type, "application/vnd.oci.image.config.v1+json") == 0 ||
	    strcmp(config->media_type, "application/vnd.docker.container.image.v1+json") == 0)
		return 0;
	return error_set(err, ENOTSUP,
			 "it is no container image: its configuration is of type %.100s",
			 config->media_type);
}

static int take_layers(struct resolution *resolution, const struct oci_document *manifest,
		       struct error *err)
{
	struct oci_layer *layers =
	    arena_array(resolution->arena, manifest->n_layers + 1, struct oci_layer);

	if (layers == NULL)
		return out_of_memory(err);
	for (size_t i = 0; i < manifest->n_layers; i++) {
		const struct oci_descriptor *layer = &manifest->layers[i];
		int r = check_layer_type(layer, err);

		if (r < 0)
			return r;
		layers[i] = (struct oci_layer){
			.name = oci_blob_name(resolution->arena, &layer->digest),
			.digest = &layer->digest,
			.has_size = true,
			.size_bytes = layer->size_bytes,
		};
		if (layers[i].name == NULL)
			return out_of_memory(err);
	}
	resolution->image.layers = layers;
	return 0;
}

static int take_config(struct resolution *resolution, const struct oci_text *text, size_t n_layers,
		       struct error *err)
{
	struct oci_image *image = &resolution->image;
	int r = oci_config_parse(resolution->arena, text, &image->config, err);

	if (r < 0)
		return r;
	if (image->config.n_diff_ids != n_layers)
		return error_set(err, EINVAL,
				 "%s: rootfs.diff_ids: it has %zu, but the image has %zu layers",
				 text->place, image->config.n_diff_ids, n_layers);
	image->config_text = text->content;
	image->config_length = text->length;
	return 0;
}

static int take_manifest(struct resolution *resolution, const struct oci_descriptor *descriptor,
			 const struct oci_document *manifest, struct error *err)
{
	struct oci_origin *origin = &resolution->image.origin;
	struct oci_text text = { 0 };
	int r = check_config_type(manifest->config, err);

	r = r < 0 ? r : load_blob(resolution, manifest->config, &text, err);
	r = r < 0 ? r : take_config(resolution, &text, manifest->n_layers, err);
	r = r < 0 ? r : take_layers(resolution, manifest, err);
	if (r < 0)
		return r;
	origin->manifest_digest = descriptor->digest.text;
	origin->config_digest = manifest->config->digest.text;
	return 0;
}

/* Through indexes within indexes to the manifest. */
static int follow(struct resolution *resolution, const struct oci_descriptor *descriptor,
		  struct error *err)
{
	for (int i = 0; i < MAX_INDEXES; i++) {
		struct oci_document document = { 0 };
		struct oci_text text = { 0 };
		int r = load_blob(resolution, descriptor, &text, err);

		r = r < 0 ? r : oci_document_parse(resolution->arena, &text, &document, err);
		if (r < 0)
			return r;
		if (!document.is_index)
			return take_manifest(resolution, descriptor, &document, err);
		r = oci_select_platform(&document, &descriptor, err);
		if (r < 0)
			return error_prefix(err, "%s", text.place);
	}
	return error_set(err, EINVAL, "there are more than %d indexes within one another",
			 MAX_INDEXES);
}

static int resolve_layout(struct resolution *resolution, struct error *err)
{
	const struct blob_claim claim = { .name = index_name };
	const struct oci_descriptor *entry = NULL;
	struct oci_document index = { 0 };
	struct oci_text text = { 0 };
	int r = load(resolution, &claim, &text, err);

	r = r < 0 ? r : oci_document_parse(resolution->arena, &text, &index, err);
	if (r == 0 && !index.is_index)
		return error_set(err, EINVAL, "%s: it is no index", index_name);
	r = r < 0 ? r
		  : oci_select_reference(resolution->arena, &index, resolution->wanted->reference,
					 &entry, err);
	r = r < 0 ? r : name_after_entry(resolution, entry, err);
	return r < 0 ? r : follow(resolution, entry, err);
}

/* The digest that a file's name promises: "blobs/sha256/HEX", "HEX.json"; NULL: none. */
static const struct digest *promised_digest(struct arena *arena, const char *name, const char *end)
{
	const char *last = strrchr(name, '/');
	struct digest digest, *copy;
	char text[DIGEST_TEXT_SIZE];

	last = last != NULL ? last + 1 : name;
	if (strlen(last) != SHA256_HEX_BYTES + strlen(end) || !ends_with(last, end))
		return NULL;
	(void)snprintf(text, sizeof(text), "sha256:%.*s", SHA256_HEX_BYTES, last);
	if (digest_parse(text, &digest) < 0)
		return NULL;
	copy = arena_new(arena, struct digest);
	if (copy != NULL)
		*copy = digest;
	return copy;
}

static int clean_name(struct arena *arena, const char *name, const char **ret, struct error *err)
{
	char clean[ENTRY_NAME_SIZE];
	struct entry_name_shown shown;
	int r = entry_name_clean(name, clean, sizeof(clean), err);

	if (r < 0)
		return error_prefix(err, "%s: the file name %s", docker_name,
				    entry_name_show(name, &shown));
	*ret = arena_string(arena, clean);
	return *ret == NULL ? out_of_memory(err) : 0;
}

static int take_docker_layers(struct resolution *resolution, const struct docker_item *item,
			      struct error *err)
{
	struct oci_layer *layers =
	    arena_array(resolution->arena, item->n_layers + 1, struct oci_layer);

	if (layers == NULL)
		return out_of_memory(err);
	if (item->n_layers > OCI_MAX_LAYERS)
		return error_set(err, EFBIG, "%s: Layers: it has more than %u items", docker_name,
				 OCI_MAX_LAYERS);
	for (size_t i = 0; i < item->n_layers; i++) {
		const char *name = NULL;
		int r = clean_name(resolution->arena, item->layers[i], &name, err);

		if (r < 0 || name == NULL)
			return r;
		layers[i].name = name;
		/* Other names of digests are of the unpacked layer, which is checked anyway. */
		if (strncmp(name, "blobs/sha256/", 13) == 0)
			layers[i].digest = promised_digest(resolution->arena, name, "");
	}
	resolution->image.layers = layers;
	return 0;
}

static int take_docker_config(struct resolution *resolution, const struct docker_item *item,
			      struct error *err)
{
	struct digest *digest = arena_new(resolution->arena, struct digest);
	struct blob_claim claim = { 0 };
	struct oci_text text = { 0 };
	int r = clean_name(resolution->arena, item->config, &claim.name, err);

	if (r < 0 || claim.name == NULL || digest == NULL)
		return r < 0 ? r : out_of_memory(err);
	claim.digest = promised_digest(resolution->arena, claim.name,
				       ends_with(claim.name, ".json") ? ".json" : "");
	r = load(resolution, &claim, &text, err);
	if (r < 0)
		return r;
	if (digest_of(text.content, text.length, digest) < 0)
		return error_set(err, EIO, "hashing %s", claim.name);
	resolution->image.origin.config_digest = digest->text;
	return take_config(resolution, &text, item->n_layers, err);
}

static int resolve_docker(struct resolution *resolution, struct error *err)
{
	const struct blob_claim claim = { .name = docker_name };
	struct docker_items items = { 0 };
	struct docker_choice choice = { 0 };
	struct oci_text text = { 0 };
	int r = load(resolution, &claim, &text, err);

	r = r < 0 ? r : docker_items_parse(resolution->arena, &text, &items, err);
	r = r < 0 ? r
		  : oci_select_item(resolution->arena, &items, resolution->wanted->reference,
				    &choice, err);
	r = r < 0 ? r : name_image(resolution, choice.tag, NULL, err);
	r = r < 0 ? r : take_docker_layers(resolution, choice.item, err);
	r = r < 0 ? r : take_docker_config(resolution, choice.item, err);
	resolution->image.origin.manifest_digest = "";
	return r;
}

int oci_resolve(struct arena *arena, const struct blob_source *source,
		const struct oci_wanted *wanted, struct oci_image *ret, struct error *err)
{
	struct resolution resolution = { .arena = arena, .source = source, .wanted = wanted };
	bool has_docker = blob_source_has(source, docker_name);
	bool has_index = blob_source_has(source, index_name);
	int r;

	if (!has_docker && !has_index)
		return error_set(err, ENOENT,
				 "it is neither an OCI layout nor an image archive: there is no %s "
				 "and no %s",
				 index_name, docker_name);
	if (has_docker && (wanted->prefers_docker || !has_index))
		r = resolve_docker(&resolution, err);
	else
		r = resolve_layout(&resolution, err);
	if (r == 0)
		*ret = resolution.image;
	return r;
}
