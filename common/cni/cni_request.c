/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin gets on stdin: its part of the definition, and what the runtime adds to it. */
#include <strings.h>

#include "common/cni/cni_network.h"
#include "common/json/json_writer.h"

#define VALID_ATTACHMENTS "cni.dev/valid-attachments"

static bool is_the_runtimes(const char *name)
{
	static const char *const names[] = { "cniVersion",     "cniVersions",   "name",
					     "prevResult",     "runtimeConfig", "capabilities",
					     VALID_ATTACHMENTS };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static void put_ports(struct json_writer *writer, const struct cni_request *request)
{
	json_begin_object(writer, "runtimeConfig");
	json_begin_array(writer, CNI_PORT_MAPPINGS);
	for (size_t i = 0; i < request->n_ports; i++) {
		const struct cni_port_mapping *port = &request->ports[i];

		json_begin_object(writer, NULL);
		json_put_u64(writer, "hostPort", port->host_port);
		json_put_u64(writer, "containerPort", port->container_port);
		json_put_string(writer, "protocol", port->udp ? "udp" : "tcp");
		if (port->host_ip != NULL)
			json_put_string(writer, "hostIP", port->host_ip);
		json_end_object(writer);
	}
	json_end_array(writer);
	json_end_object(writer);
}

int cni_request_write(const struct cni_request *request, struct text *out)
{
	const struct json_value *conf = request->plugin->conf;
	bool tell_ports = request->plugin->port_mappings && request->n_ports > 0;
	struct json_writer writer = { .out = out };

	if (request->network->is_as_written && request->network->n_plugins == 1 && !tell_ports &&
	    request->previous == NULL && request->valid == NULL)
		return text_append_bytes(out, request->network->text, request->network->length);
	json_begin_object(&writer, NULL);
	json_put_string(&writer, "cniVersion", cni_version_text(request->network->version));
	json_put_string(&writer, "name", request->network->name);
	for (size_t i = 0; i < conf->object.n; i++)
		if (!is_the_runtimes(conf->object.items[i].name))
			json_put_value(&writer, conf->object.items[i].name,
				       &conf->object.items[i].value);
	if (tell_ports)
		put_ports(&writer, request);
	if (request->previous != NULL)
		json_put_raw(&writer, "prevResult", request->previous);
	if (request->valid != NULL)
		json_put_raw(&writer, VALID_ATTACHMENTS, request->valid);
	json_end_object(&writer);
	return json_writer_finish(&writer);
}
