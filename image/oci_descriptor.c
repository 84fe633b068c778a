/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_descriptor.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_reader.h"

static int decode_digest(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a string");
	if (digest_parse(value->string, member) < 0)
		return json_refuse_string(decoder, value->string,
					  "not sha256: or sha512: and their hex digits");
	return 0;
}

static int take_annotation(struct json_decoder *decoder, const struct json_value *value,
			   const char *name, const char **ret)
{
	const struct json_value *found = json_value_member(value, name);

	if (found == NULL)
		return 0;
	json_enter_field(decoder, name);
	if (found->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, found, "a string");
	json_leave(decoder);
	*ret = found->string;
	return 0;
}

static int decode_annotations(struct json_decoder *decoder, const struct json_value *value,
			      void *member)
{
	struct oci_descriptor *descriptor = member;
	int r;

	if (value->kind == JSON_VALUE_NULL)
		return 0;
	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	r = take_annotation(decoder, value, "org.opencontainers.image.ref.name",
			    &descriptor->reference);
	return r < 0 ? r
		     : take_annotation(decoder, value, "io.containerd.image.name",
				       &descriptor->full_name);
}

static const struct json_field platform_fields[] = {
	{ .name = "os",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct oci_platform, os) },
	{ .name = "architecture",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct oci_platform, architecture) },
	{ .name = "variant",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct oci_platform, variant) },
};

static const struct json_table platform_table =
    JSON_TABLE(struct oci_platform, platform_fields, .open = true);

static const struct json_field descriptor_fields[] = {
	{ .name = "mediaType",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct oci_descriptor, media_type) },
	{ .name = "digest",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct oci_descriptor, digest),
	  .decode = decode_digest },
	{ .name = "size",
	  .kind = JSON_FIELD_U64,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct oci_descriptor, size_bytes) },
	{ .name = "platform",
	  .kind = JSON_FIELD_OBJECT,
	  .offset = offsetof(struct oci_descriptor, platform),
	  .table = &platform_table },
	{ .name = "annotations",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = 0,
	  .decode = decode_annotations },
};

const struct json_table oci_descriptor_table =
    JSON_TABLE(struct oci_descriptor, descriptor_fields, .open = true);

const char *oci_blob_name(struct arena *arena, const struct digest *digest)
{
	int algorithm = (int)(digest_hex(digest) - digest->text) - 1;

	return arena_printf(arena, "blobs/%.*s/%s", algorithm, digest->text, digest_hex(digest));
}

int oci_decode(struct arena *arena, const struct oci_text *text, const struct json_table *table,
	       void *ret, struct error *err)
{
	const struct json_source source = { .text = text->content,
					    .length = text->length,
					    .max_bytes = OCI_DOCUMENT_MAX_BYTES,
					    .place = text->place };
	struct json_decoder decoder = { .arena = arena, .place = text->place, .err = err };
	struct json_value value;
	int r = json_read(arena, &source, &value, err);

	return r < 0 ? r : json_decode(&decoder, &value, table, ret);
}
