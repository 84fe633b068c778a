/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/manifest/app.h"
#include "common/manifest/manifest_field.h"

/* The spec leaves the list open, so an unknown protocol is no reason to refuse an image. */
static int check_protocol(struct json_decoder *decoder, const char *protocol)
{
	size_t length = strlen(protocol);

	if (length == 0 || length > 32 ||
	    strspn(protocol, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return json_refuse_string(decoder, protocol, "no name of a protocol");
	return 0;
}

static const struct json_field fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct image_port, name),
	  .check = field_check_name },
	{ .name = "protocol",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct image_port, protocol),
	  .check = check_protocol },
	{ .name = "port",
	  .kind = JSON_FIELD_U16,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct image_port, port),
	  .min = 1 },
	{ .name = "count",
	  .kind = JSON_FIELD_U32,
	  .offset = offsetof(struct image_port, count),
	  .max = UINT16_MAX },
	{ .name = "socketActivated",
	  .kind = JSON_FIELD_BOOL,
	  .offset = offsetof(struct image_port, socket_activated) },
};

static int check_range(struct json_decoder *decoder, void *object)
{
	struct image_port *port = object;

	if (port->count == 0) /* absent, or 0 as Go writes what was not set */
		port->count = 1;
	if (port->port + port->count - 1 > UINT16_MAX)
		return json_refuse(decoder, "%" PRIu32 " ports from %u end above 65535",
				   port->count, port->port);
	return 0;
}

const struct json_table image_port_table =
    JSON_TABLE(struct image_port, fields, .check = check_range);

void image_port_put(struct json_writer *writer, const char *key, const struct image_port *port)
{
	json_begin_object(writer, key);
	json_put_string(writer, "name", port->name);
	json_put_string(writer, "protocol", port->protocol);
	json_put_u64(writer, "port", port->port);
	json_put_u64(writer, "count", port->count);
	json_put_bool(writer, "socketActivated", port->socket_activated);
	json_end_object(writer);
}
