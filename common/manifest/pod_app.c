/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/pod_app.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/manifest/app.h"
#include "common/manifest/manifest_field.h"
#include "common/manifest/volume.h"

static int decode_app_volume(struct json_decoder *decoder, const struct json_value *value,
			     void *member)
{
	struct volume *volume = arena_new(decoder->arena, struct volume);
	int r;

	if (volume == NULL)
		return json_no_memory(decoder);
	r = volume_decode(decoder, value, volume);
	if (r < 0)
		return r;
	*(const struct volume **)member = volume;
	return 0;
}

/* The original hands on what --mount says: "dir" and "../dir" are places below the root. */
static int check_target(struct json_decoder *decoder, const char *target)
{
	if (strlen(target) >= PATH_MAX)
		return json_refuse_string(decoder, target, "longer than a path can be");
	return field_check_line(decoder, target);
}

static const struct json_field mount_fields[] = {
	{ .name = "volume",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct app_mount, volume),
	  .check = field_check_name },
	{ .name = "path",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct app_mount, path),
	  .check = check_target },
	{ .name = "readOnly",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct app_mount, read_only) },
	{ .name = "appVolume",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct app_mount, app_volume),
	  .decode = decode_app_volume },
};

static const struct json_table mount_table = JSON_TABLE(struct app_mount, mount_fields);

/* "image" is an object of its own in JSON, but not in struct pod_app. */
static const struct json_field image_fields[] = {
	{ .name = "id",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct pod_app, image_id),
	  .check = field_check_image_id },
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct pod_app, image_name),
	  .check = field_check_identifier },
	{ .name = "labels",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct pod_app, image_labels),
	  .decode = field_decode_labels },
};

static const struct json_table image_table = JSON_TABLE(struct pod_app, image_fields);

static const struct json_field app_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct pod_app, name),
	  .check = field_check_name },
	{ .name = "image",
	  .kind = JSON_FIELD_OBJECT,
	  .flags = JSON_REQUIRED,
	  .table = &image_table },
	{ .name = "app",
	  .kind = JSON_FIELD_POINTER,
	  .offset = offsetof(struct pod_app, app),
	  .table = &app_table },
	{ .name = "readOnlyRootFS",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct pod_app, read_only_rootfs) },
	{ .name = "mounts",
	  .kind = JSON_FIELD_ARRAY,
	  .offset = offsetof(struct pod_app, mounts),
	  .n_offset = offsetof(struct pod_app, n_mounts),
	  .table = &mount_table },
	{ .name = "annotations",
	  .kind = JSON_FIELD_CUSTOM,
	  .offset = offsetof(struct pod_app, annotations),
	  .decode = field_decode_annotations },
};

const struct json_table pod_app_table = JSON_TABLE(struct pod_app, app_fields);

static void put_image(struct json_writer *writer, const struct pod_app *app)
{
	json_begin_object(writer, "image");
	if (app->image_name != NULL)
		json_put_string(writer, "name", app->image_name);
	json_put_string(writer, "id", app->image_id);
	if (app->image_labels.n > 0)
		field_put_pairs(writer, "labels", &app->image_labels);
	json_end_object(writer);
}

static void put_mounts(struct json_writer *writer, const struct pod_app *app)
{
	json_begin_array(writer, "mounts");
	for (size_t i = 0; i < app->n_mounts; i++) {
		const struct app_mount *mount = &app->mounts[i];

		json_begin_object(writer, NULL);
		json_put_string(writer, "volume", mount->volume);
		json_put_string(writer, "path", mount->path);
		if (mount->read_only)
			json_put_bool(writer, "readOnly", true);
		if (mount->app_volume != NULL)
			volume_put(writer, "appVolume", mount->app_volume);
		json_end_object(writer);
	}
	json_end_array(writer);
}

void pod_app_put(struct json_writer *writer, const char *key, const struct pod_app *app)
{
	json_begin_object(writer, key);
	json_put_string(writer, "name", app->name);
	put_image(writer, app);
	if (app->app != NULL)
		app_put(writer, "app", app->app);
	if (app->read_only_rootfs)
		json_put_bool(writer, "readOnlyRootFS", true);
	if (app->n_mounts > 0)
		put_mounts(writer, app);
	if (app->annotations.n > 0)
		field_put_pairs(writer, "annotations", &app->annotations);
	json_end_object(writer);
}
