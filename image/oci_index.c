/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_index.h"

#include <string.h>

#include "common/json/json_reader.h"

/* As it is decoded: which of the two it is, the fields tell. */
struct raw_document {
	uint64_t schema_version;
	struct oci_document document;
};

static int check_document(struct json_decoder *decoder, void *object)
{
	struct raw_document *raw = object;
	struct oci_document *document = &raw->document;
	bool is_manifest = document->config != NULL || document->layers != NULL;

	if (raw->schema_version != 2)
		return json_refuse(decoder, "schemaVersion is %llu; only 2 is read",
				   (unsigned long long)raw->schema_version);
	if (document->manifests != NULL && is_manifest)
		return json_refuse(decoder, "it has manifests and layers: it is an index and a "
					    "manifest at once");
	document->is_index = !is_manifest;
	if (is_manifest && document->config == NULL)
		return json_refuse(decoder, "config: it is missing");
	return 0;
}

#define DOCUMENT(member)                                                                           \
	(offsetof(struct raw_document, document) + offsetof(struct oci_document, member))

static const struct json_field document_fields[] = {
	{ .name = "schemaVersion",
	  .kind = JSON_FIELD_U64,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct raw_document, schema_version) },
	{ .name = "mediaType",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = DOCUMENT(media_type) },
	{ .name = "manifests",
	  .kind = JSON_FIELD_ARRAY,
	  .max = OCI_MAX_MANIFESTS,
	  .offset = DOCUMENT(manifests),
	  .n_offset = DOCUMENT(n_manifests),
	  .table = &oci_descriptor_table },
	{ .name = "config",
	  .kind = JSON_FIELD_POINTER,
	  .offset = DOCUMENT(config),
	  .table = &oci_descriptor_table },
	{ .name = "layers",
	  .kind = JSON_FIELD_ARRAY,
	  .max = OCI_MAX_LAYERS,
	  .offset = DOCUMENT(layers),
	  .n_offset = DOCUMENT(n_layers),
	  .table = &oci_descriptor_table },
};

static const struct json_table document_table =
    JSON_TABLE(struct raw_document, document_fields, .open = true, .check = check_document);

int oci_document_parse(struct arena *arena, const struct oci_text *text, struct oci_document *ret,
		       struct error *err)
{
	struct raw_document raw = { 0 };
	int r = oci_decode(arena, text, &document_table, &raw, err);

	if (r == 0)
		*ret = raw.document;
	return r;
}

static const struct json_field item_fields[] = {
	{ .name = "Config",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct docker_item, config),
	  .check = json_check_not_empty },
	{ .name = "Layers",
	  .kind = JSON_FIELD_STRINGS,
	  .max = OCI_MAX_LAYERS,
	  .offset = offsetof(struct docker_item, layers),
	  .n_offset = offsetof(struct docker_item, n_layers),
	  .check = json_check_not_empty },
	{ .name = "RepoTags",
	  .kind = JSON_FIELD_STRINGS,
	  .max = OCI_MAX_MANIFESTS,
	  .offset = offsetof(struct docker_item, tags),
	  .n_offset = offsetof(struct docker_item, n_tags),
	  .check = json_check_not_empty },
};

static const struct json_table item_table =
    JSON_TABLE(struct docker_item, item_fields, .open = true);

int docker_items_parse(struct arena *arena, const struct oci_text *text, struct docker_items *ret,
		       struct error *err)
{
	const struct json_source source = { .text = text->content,
					    .length = text->length,
					    .max_bytes = OCI_DOCUMENT_MAX_BYTES,
					    .place = text->place };
	struct json_decoder decoder = { .arena = arena, .place = text->place, .err = err };
	struct json_value value;
	void *items = NULL;
	size_t n = 0;
	int r = json_read(arena, &source, &value, err);

	if (r == 0 && value.kind != JSON_VALUE_ARRAY)
		r = json_refuse_kind(&decoder, &value, "an array");
	if (r == 0 && value.array.n > OCI_MAX_MANIFESTS)
		r = json_refuse(&decoder, "it has more than %u images", OCI_MAX_MANIFESTS);
	r = r < 0 ? r : json_decode_array(&decoder, &value, &item_table, &items, &n);
	if (r < 0)
		return r;
	ret->items = items;
	ret->n = n;
	return 0;
}
