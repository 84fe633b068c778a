/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/image_manifest.h"

#include <errno.h>

#include "common/manifest/app.h"
#include "common/manifest/manifest_field.h"

static int decode_kind(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	(void)member;
	return field_check_kind(decoder, value, "ImageManifest");
}

static const struct json_field dependency_fields[] = {
	{ .name = "imageName",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct image_dependency, image_name),
	  .check = field_check_identifier },
	{ .name = "imageID",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct image_dependency, image_id),
	  .check = field_check_image_id },
	{ .name = "labels",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct image_dependency, labels),
	  .decode = field_decode_labels },
	{ .name = "size",
	  .kind = JSON_FIELD_U64,
	  .offset = offsetof(struct image_dependency, size_bytes) },
};

static const struct json_table dependency_table =
    JSON_TABLE(struct image_dependency, dependency_fields);

static const struct json_field image_fields[] = {
	{ .name = "acKind",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .decode = decode_kind },
	{ .name = "acVersion",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct image_manifest, ac_version),
	  .check = field_check_version },
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct image_manifest, name),
	  .check = field_check_identifier },
	{ .name = "labels",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct image_manifest, labels),
	  .decode = field_decode_labels },
	{ .name = "app",
	  .kind = JSON_FIELD_POINTER,
	  .offset = offsetof(struct image_manifest, app),
	  .table = &app_table },
	{ .name = "dependencies",
	  .kind = JSON_FIELD_ARRAY,
	  .offset = offsetof(struct image_manifest, dependencies),
	  .n_offset = offsetof(struct image_manifest, n_dependencies),
	  .table = &dependency_table },
	{ .name = "pathWhitelist",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct image_manifest, path_whitelist.items),
	  .n_offset = offsetof(struct image_manifest, path_whitelist.n),
	  .check = field_check_path },
	{ .name = "annotations",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct image_manifest, annotations),
	  .decode = field_decode_annotations },
};

static const struct json_table image_table = JSON_TABLE(struct image_manifest, image_fields);

int image_manifest_parse(struct arena *arena, const struct json_source *source,
			 struct image_manifest *ret, struct error *err)
{
	struct json_source limited = *source;
	struct error local;
	struct json_decoder decoder = { .arena = arena,
					.place = source->place,
					.err = err != NULL ? err : &local };
	struct image_manifest manifest = { .app = NULL };
	struct json_value value;
	int r;

	limited.max_bytes = MANIFEST_MAX_BYTES;
	r = json_read(arena, &limited, &value, decoder.err);
	if (r == 0)
		r = json_decode(&decoder, &value, &image_table, &manifest);
	if (r < 0)
		return r;
	*ret = manifest;
	return 0;
}

static void put_dependencies(struct json_writer *writer, const struct image_manifest *manifest)
{
	json_begin_array(writer, "dependencies");
	for (size_t i = 0; i < manifest->n_dependencies; i++) {
		const struct image_dependency *dependency = &manifest->dependencies[i];

		json_begin_object(writer, NULL);
		json_put_string(writer, "imageName", dependency->image_name);
		if (dependency->image_id != NULL)
			json_put_string(writer, "imageID", dependency->image_id);
		if (dependency->labels.n > 0)
			field_put_pairs(writer, "labels", &dependency->labels);
		if (dependency->size_bytes > 0)
			json_put_u64(writer, "size", dependency->size_bytes);
		json_end_object(writer);
	}
	json_end_array(writer);
}

int image_manifest_write(const struct image_manifest *manifest, struct text *out)
{
	struct json_writer writer = { .out = out };

	json_begin_object(&writer, NULL);
	json_put_string(&writer, "acKind", "ImageManifest");
	json_put_string(&writer, "acVersion", manifest->ac_version);
	json_put_string(&writer, "name", manifest->name);
	if (manifest->labels.n > 0)
		field_put_pairs(&writer, "labels", &manifest->labels);
	if (manifest->app != NULL)
		app_put(&writer, "app", manifest->app);
	if (manifest->n_dependencies > 0)
		put_dependencies(&writer, manifest);
	if (manifest->path_whitelist.n > 0)
		json_put_strings(&writer, "pathWhitelist", manifest->path_whitelist.items,
				 manifest->path_whitelist.n);
	if (manifest->annotations.n > 0)
		field_put_pairs(&writer, "annotations", &manifest->annotations);
	json_end_object(&writer);
	return json_writer_finish(&writer);
}

const char *image_manifest_label(const struct image_manifest *manifest, const char *name)
{
	return manifest_pairs_get(&manifest->labels, name);
}
