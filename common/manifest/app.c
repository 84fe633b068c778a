/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/app.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/manifest/isolator_value.h"
#include "common/manifest/manifest_field.h"

static int check_handler_name(struct json_decoder *decoder, const char *name)
{
	if (strcmp(name, "pre-start") == 0 || strcmp(name, "post-stop") == 0)
		return 0;
	return json_refuse_string(decoder, name, "neither pre-start nor post-stop");
}

/* The first element is what is executed: a path or a name.  Arguments may be any text. */
static int check_exec(struct json_decoder *decoder, const struct manifest_strings *exec)
{
	int r = 0;

	if (exec->n == 0)
		return 0;
	json_enter_field(decoder, "exec");
	json_enter_item(decoder, 0);
	r = field_check_line(decoder, exec->items[0]);
	json_leave(decoder);
	json_leave(decoder);
	return r;
}

static int check_handler(struct json_decoder *decoder, void *object)
{
	return check_exec(decoder, &((struct event_handler *)object)->exec);
}

static const struct json_field handler_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct event_handler, name),
	  .check = check_handler_name },
	{ .name = "exec",
	  .kind = JSON_FIELD_STRINGS,
	  .flags = JSON_REQUIRED | JSON_NOT_EMPTY,
	  .offset = offsetof(struct event_handler, exec.items),
	  .n_offset = offsetof(struct event_handler, exec.n) },
};

static const struct json_table handler_table =
    JSON_TABLE(struct event_handler, handler_fields, .check = check_handler);

static int decode_recursive(struct json_decoder *decoder, const struct json_value *value,
			    void *member)
{
	struct mount_point *mount_point = member;

	if (value->kind != JSON_VALUE_BOOL)
		return json_refuse_kind(decoder, value, "true or false");
	mount_point->has_recursive = true;
	mount_point->recursive = value->flag;
	return 0;
}

static const struct json_field mount_point_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct mount_point, name),
	  .check = field_check_name },
	{ .name = "path",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct mount_point, path),
	  .check = field_check_path },
	{ .name = "readOnly",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct mount_point, read_only) },
	{ .name = "recursive",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .decode = decode_recursive },
};

static const struct json_table mount_point_table =
    JSON_TABLE(struct mount_point, mount_point_fields);

static int decode_gids(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	struct app *app = member;
	uint32_t *gids;

	if (value->kind == JSON_VALUE_NULL ||
	    (value->kind == JSON_VALUE_ARRAY && value->array.n == 0))
		return 0;
	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	gids = arena_array(decoder->arena, value->array.n, uint32_t);
	if (gids == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->array.n; i++) {
		const struct json_value *gid = &value->array.items[i];

		json_enter_item(decoder, i);
		if (gid->kind != JSON_VALUE_INTEGER)
			return json_refuse_kind(decoder, gid, "a whole number");
		if (gid->integer < 0 || gid->integer > PARSE_ID_MAX)
			return json_refuse(decoder, "%" PRId64 ": not a gid", gid->integer);
		json_leave(decoder);
		gids[i] = (uint32_t)gid->integer;
	}
	app->supplementary_gids = gids;
	app->n_supplementary_gids = value->array.n;
	return 0;
}

static int decode_isolators(struct json_decoder *decoder, const struct json_value *value,
			    void *member)
{
	struct app *app = member;

	return isolators_decode(decoder, value, &app->isolators, &app->n_isolators);
}

/* Go's writer leaves "" where nothing was set, and so may a person. */
static int check_working_directory(struct json_decoder *decoder, const char *path)
{
	return path[0] == '\0' ? 0 : field_check_path(decoder, path);
}

#define APP_ARRAY(name_, member, table_)                                                           \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_ARRAY, .offset = offsetof(struct app, member), \
		.n_offset = offsetof(struct app, n_##member), .table = (table_)                    \
	}

#define APP_CUSTOM(name_, offset_, decode_)                                                        \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_CUSTOM, .offset = (offset_),                   \
		.decode = (decode_)                                                                \
	}

static const struct json_field app_fields[] = {
	{ .name = "exec",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct app, exec.items),
	  .n_offset = offsetof(struct app, exec.n) },
	{ .name = "user",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct app, user),
	  .check = field_check_line },
	{ .name = "group",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct app, group),
	  .check = field_check_line },
	{ .name = "workingDirectory",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct app, working_directory),
	  .check = check_working_directory },
	APP_ARRAY("eventHandlers", event_handlers, &handler_table),
	APP_ARRAY("mountPoints", mount_points, &mount_point_table),
	APP_ARRAY("ports", ports, &image_port_table),
	APP_CUSTOM("environment", offsetof(struct app, environment), field_decode_environment),
	APP_CUSTOM("userAnnotations", offsetof(struct app, user_annotations), field_decode_map),
	APP_CUSTOM("userLabels", offsetof(struct app, user_labels), field_decode_map),
	APP_CUSTOM("supplementaryGIDs", 0, decode_gids),
	APP_CUSTOM("isolators", 0, decode_isolators),
};

static int check_lists(struct json_decoder *decoder, const struct app *app)
{
	const struct {
		const char *field;
		const void *items;
		size_t n, size;
		const char *what;
	} lists[] = {
		{ "eventHandlers", app->event_handlers, app->n_event_handlers,
		  sizeof(app->event_handlers[0]), "event handler" },
		{ "mountPoints", app->mount_points, app->n_mount_points,
		  sizeof(app->mount_points[0]), "mount point" },
		{ "ports", app->ports, app->n_ports, sizeof(app->ports[0]), "port" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(lists) && r == 0; i++) {
		json_enter_field(decoder, lists[i].field);
		r = json_check_unique(decoder, lists[i].items, lists[i].n, lists[i].size,
				      lists[i].what);
		json_leave(decoder);
	}
	return r;
}

static int check_app(struct json_decoder *decoder, void *object)
{
	struct app *app = object;
	int r = check_exec(decoder, &app->exec);

	if (app->working_directory != NULL && app->working_directory[0] == '\0')
		app->working_directory = NULL;
	return r < 0 ? r : check_lists(decoder, app);
}

const struct json_table app_table = JSON_TABLE(struct app, app_fields, .check = check_app);

static void put_handlers(struct json_writer *writer, const struct app *app)
{
	json_begin_array(writer, "eventHandlers");
	for (size_t i = 0; i < app->n_event_handlers; i++) {
		const struct event_handler *handler = &app->event_handlers[i];

		json_begin_object(writer, NULL);
		json_put_string(writer, "name", handler->name);
		json_put_strings(writer, "exec", handler->exec.items, handler->exec.n);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void put_mount_points(struct json_writer *writer, const struct app *app)
{
	json_begin_array(writer, "mountPoints");
	for (size_t i = 0; i < app->n_mount_points; i++) {
		const struct mount_point *mount_point = &app->mount_points[i];

		json_begin_object(writer, NULL);
		json_put_string(writer, "name", mount_point->name);
		json_put_string(writer, "path", mount_point->path);
		if (mount_point->read_only)
			json_put_bool(writer, "readOnly", true);
		if (mount_point->has_recursive)
			json_put_bool(writer, "recursive", mount_point->recursive);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void put_gids(struct json_writer *writer, const struct app *app)
{
	json_begin_array(writer, "supplementaryGIDs");
	for (size_t i = 0; i < app->n_supplementary_gids; i++)
		json_put_u64(writer, NULL, app->supplementary_gids[i]);
	json_end_array(writer);
}

static void put_ports(struct json_writer *writer, const struct app *app)
{
	json_begin_array(writer, "ports");
	for (size_t i = 0; i < app->n_ports; i++)
		image_port_put(writer, NULL, &app->ports[i]);
	json_end_array(writer);
}

void app_put(struct json_writer *writer, const char *key, const struct app *app)
{
	json_begin_object(writer, key);
	json_put_strings(writer, "exec", app->exec.items, app->exec.n);
	if (app->n_event_handlers > 0)
		put_handlers(writer, app);
	json_put_string(writer, "user", app->user);
	json_put_string(writer, "group", app->group);
	if (app->n_supplementary_gids > 0)
		put_gids(writer, app);
	if (app->working_directory != NULL)
		json_put_string(writer, "workingDirectory", app->working_directory);
	if (app->environment.n > 0)
		field_put_pairs(writer, "environment", &app->environment);
	if (app->n_mount_points > 0)
		put_mount_points(writer, app);
	if (app->n_ports > 0)
		put_ports(writer, app);
	if (app->n_isolators > 0)
		field_put_isolators(writer, app->isolators, app->n_isolators);
	if (app->user_annotations.n > 0)
		field_put_map(writer, "userAnnotations", &app->user_annotations);
	if (app->user_labels.n > 0)
		field_put_map(writer, "userLabels", &app->user_labels);
	json_end_object(writer);
}
