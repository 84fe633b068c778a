/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/pod_manifest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/manifest/app.h"
#include "common/manifest/isolator_value.h"
#include "common/manifest/manifest_field.h"
#include "common/manifest/pod_app.h"
#include "common/manifest/volume.h"

/* Each mount is looked up among the volumes, each port among the apps': no product of large lists.
 */
enum { MAX_VOLUMES = 1024, MAX_PORTS = 1024 };

static int decode_kind(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	(void)member;
	return field_check_kind(decoder, value, "PodManifest");
}

static int decode_volumes(struct json_decoder *decoder, const struct json_value *value,
			  void *member)
{
	struct pod_manifest *pod = member;
	struct volume *volumes;
	int r = 0;

	if (value->kind == JSON_VALUE_NULL ||
	    (value->kind == JSON_VALUE_ARRAY && value->array.n == 0))
		return 0;
	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	volumes = arena_array(decoder->arena, value->array.n, struct volume);
	if (volumes == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->array.n && r == 0; i++) {
		json_enter_item(decoder, i);
		r = volume_decode(decoder, &value->array.items[i], &volumes[i]);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	pod->volumes = volumes;
	pod->n_volumes = value->array.n;
	return json_check_unique(decoder, volumes, value->array.n, sizeof(volumes[0]), "volume");
}

static int decode_isolators(struct json_decoder *decoder, const struct json_value *value,
			    void *member)
{
	struct pod_manifest *pod = member;

	return isolators_decode(decoder, value, &pod->isolators, &pod->n_isolators);
}

static int check_host_ip(struct json_decoder *decoder, const char *address)
{
	unsigned char binary[sizeof(struct in6_addr)];

	if (address[0] == '\0' || inet_pton(AF_INET, address, binary) == 1 ||
	    inet_pton(AF_INET6, address, binary) == 1)
		return 0;
	return json_refuse_string(decoder, address, "not an IP address");
}

static int decode_pod_port(struct json_decoder *decoder, const struct json_value *value,
			   void *member)
{
	struct pod_port *port = member;
	struct image_port got = { .count = 1 };
	int r = json_decode(decoder, value, &image_port_table, &got);

	if (r < 0)
		return r;
	if (got.count != 1)
		return json_refuse(decoder, "count: one port is forwarded to one");
	port->pod_port = got.port;
	port->pod_protocol = got.protocol;
	return 0;
}

static const struct json_field port_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct pod_port, name),
	  .check = field_check_name },
	{ .name = "hostPort",
	  .kind = JSON_FIELD_U16,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct pod_port, host_port),
	  .min = 1 },
	{ .name = "hostIP",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct pod_port, host_ip),
	  .check = check_host_ip },
	{ .name = "podPort",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .decode = decode_pod_port },
};

static int check_port(struct json_decoder *decoder, void *object)
{
	struct pod_port *port = object;

	(void)decoder;
	if (port->host_ip != NULL && port->host_ip[0] == '\0')
		port->host_ip = NULL;
	return 0;
}

static const struct json_table port_table =
    JSON_TABLE(struct pod_port, port_fields, .check = check_port);

#define POD_CUSTOM(name_, offset_, decode_)                                                        \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_CUSTOM, .offset = (offset_),                   \
		.decode = (decode_)                                                                \
	}

static const struct json_field pod_fields[] = {
	{ .name = "acKind",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .decode = decode_kind },
	{ .name = "acVersion",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct pod_manifest, ac_version),
	  .check = field_check_version },
	{ .name = "apps",
	  .kind = JSON_FIELD_ARRAY,
	  .flags = JSON_REQUIRED | JSON_NULLABLE,
	  .offset = offsetof(struct pod_manifest, apps),
	  .n_offset = offsetof(struct pod_manifest, n_apps),
	  .table = &pod_app_table },
	{ .name = "ports",
	  .kind = JSON_FIELD_ARRAY,
	  .offset = offsetof(struct pod_manifest, ports),
	  .n_offset = offsetof(struct pod_manifest, n_ports),
	  .max = MAX_PORTS,
	  .table = &port_table },
	{ .name = "volumes",
	  .kind = JSON_FIELD_CUSTOM,
	  .max = MAX_VOLUMES,
	  .decode = decode_volumes },
	POD_CUSTOM("isolators", 0, decode_isolators),
	POD_CUSTOM("annotations", offsetof(struct pod_manifest, annotations),
		   field_decode_annotations),
	POD_CUSTOM("userAnnotations", offsetof(struct pod_manifest, user_annotations),
		   field_decode_map),
	POD_CUSTOM("userLabels", offsetof(struct pod_manifest, user_labels), field_decode_map),
};

static bool has_volume(const struct pod_manifest *pod, const char *name)
{
	for (size_t i = 0; i < pod->n_volumes; i++) {
		if (strcmp(pod->volumes[i].name, name) == 0)
			return true;
	}
	return false;
}

static int check_mount(struct json_decoder *decoder, const struct pod_manifest *pod,
		       const struct app_mount *mount)
{
	int r = 0;

	json_enter_field(decoder, "volume");
	if (mount->app_volume == NULL && !has_volume(pod, mount->volume))
		r = json_refuse_string(decoder, mount->volume, "no volume of this name");
	json_leave(decoder);
	return r;
}

static int check_mounts(struct json_decoder *decoder, const struct pod_manifest *pod)
{
	int r = 0;

	for (size_t i = 0; i < pod->n_apps && r == 0; i++) {
		json_enter_item(decoder, i);
		json_enter_field(decoder, "mounts");
		for (size_t k = 0; k < pod->apps[i].n_mounts && r == 0; k++) {
			json_enter_item(decoder, k);
			r = check_mount(decoder, pod, &pod->apps[i].mounts[k]);
			json_leave(decoder);
		}
		json_leave(decoder);
		json_leave(decoder);
	}
	return r;
}

static size_t count_port(const struct pod_manifest *pod, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < pod->n_apps; i++) {
		const struct app *app = pod->apps[i].app;

		for (size_t k = 0; app != NULL && k < app->n_ports; k++)
			n += strcmp(app->ports[k].name, name) == 0;
	}
	return n;
}

/* The spec wants port names unique in a pod; it matters where a name has to be looked up. */
static int check_ports(struct json_decoder *decoder, const struct pod_manifest *pod)
{
	int r = 0;

	for (size_t i = 0; i < pod->n_ports && r == 0; i++) {
		const struct pod_port *port = &pod->ports[i];

		json_enter_item(decoder, i);
		if (port->pod_port == 0 && count_port(pod, port->name) > 1)
			r = json_refuse_string(decoder, port->name,
					       "more than one app has a port of this name");
		json_leave(decoder);
	}
	return r;
}

static int check_pod(struct json_decoder *decoder, void *object)
{
	const struct pod_manifest *pod = object;
	int r;

	json_enter_field(decoder, "apps");
	r = json_check_unique(decoder, pod->apps, pod->n_apps, sizeof(pod->apps[0]), "app");
	if (r == 0)
		r = check_mounts(decoder, pod);
	json_leave(decoder);
	if (r < 0)
		return r;
	json_enter_field(decoder, "ports");
	r = check_ports(decoder, pod);
	json_leave(decoder);
	return r;
}

static const struct json_table pod_table =
    JSON_TABLE(struct pod_manifest, pod_fields, .check = check_pod);

int pod_manifest_parse(struct arena *arena, const struct json_source *source,
		       struct pod_manifest *ret, struct error *err)
{
	struct json_source limited = *source;
	struct error local;
	struct json_decoder decoder = { .arena = arena,
					.place = source->place,
					.err = err != NULL ? err : &local };
	struct pod_manifest pod = { .n_apps = 0 };
	struct json_value value;
	int r;

	limited.max_bytes = MANIFEST_MAX_BYTES;
	r = json_read(arena, &limited, &value, decoder.err);
	if (r == 0)
		r = json_decode(&decoder, &value, &pod_table, &pod);
	if (r < 0)
		return r;
	*ret = pod;
	return 0;
}

static void put_port(struct json_writer *writer, const struct pod_port *port)
{
	json_begin_object(writer, NULL);
	json_put_string(writer, "name", port->name);
	json_put_u64(writer, "hostPort", port->host_port);
	if (port->host_ip != NULL)
		json_put_string(writer, "hostIP", port->host_ip);
	if (port->pod_port != 0) {
		const struct image_port inner = {
			.name = port->name,
			.protocol = port->pod_protocol != NULL ? port->pod_protocol : "tcp",
			.port = port->pod_port,
			.count = 1,
		};

		image_port_put(writer, "podPort", &inner);
	}
	json_end_object(writer);
}

static void put_lists(struct json_writer *writer, const struct pod_manifest *pod)
{
	json_begin_array(writer, "apps");
	for (size_t i = 0; i < pod->n_apps; i++)
		pod_app_put(writer, NULL, &pod->apps[i]);
	json_end_array(writer);
	json_begin_array(writer, "volumes");
	for (size_t i = 0; i < pod->n_volumes; i++)
		volume_put(writer, NULL, &pod->volumes[i]);
	json_end_array(writer);
	field_put_isolators(writer, pod->isolators, pod->n_isolators);
	field_put_pairs(writer, "annotations", &pod->annotations);
	json_begin_array(writer, "ports");
	for (size_t i = 0; i < pod->n_ports; i++)
		put_port(writer, &pod->ports[i]);
	json_end_array(writer);
}

int pod_manifest_write(const struct pod_manifest *manifest, struct text *out)
{
	struct json_writer writer = { .out = out };

	json_begin_object(&writer, NULL);
	json_put_string(&writer, "acVersion", manifest->ac_version);
	json_put_string(&writer, "acKind", "PodManifest");
	put_lists(&writer, manifest);
	if (manifest->user_annotations.n > 0)
		field_put_map(&writer, "userAnnotations", &manifest->user_annotations);
	if (manifest->user_labels.n > 0)
		field_put_map(&writer, "userLabels", &manifest->user_labels);
	json_end_object(&writer);
	return json_writer_finish(&writer);
}
