/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_report.h"

#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "common/json/json_writer.h"

/* The address that stands for a network: its first, IPv4 before IPv6. */
static const struct ip_prefix *main_address(const struct cni_result *result)
{
	for (size_t i = 0; i < result->n_ips; i++)
		if (result->ips[i].address.address.family == AF_INET)
			return &result->ips[i].address;
	return result->n_ips > 0 ? &result->ips[0].address : NULL;
}

static void put_network(struct json_writer *w, const struct pod_network *network, size_t index)
{
	const struct network_definition *definition = &network->record.networks[index];
	const struct ip_prefix *address = main_address(&network->results[index]);
	char file[300], buffer[IP_PREFIX_TEXT_SIZE] = "";
	struct ip_address mask;

	(void)snprintf(file, sizeof(file), "net/%s", definition->base);
	json_begin_object(w, NULL);
	json_put_string(w, "netName", definition->cni.name);
	json_put_string(w, "netConf", file);
	json_put_string(w, "pluginPath", definition->programs[0]);
	json_put_string(w, "ifName", definition->interface);
	json_put_string(w, "ip", address == NULL ? "" : ip_address_text(&address->address, buffer));
	json_put_string(w, "args", definition->args);
	if (address != NULL)
		mask = ip_prefix_mask(address);
	json_put_string(w, "mask", address == NULL ? "" : ip_address_text(&mask, buffer));
	json_end_object(w);
}

int network_report_save(const struct pod_network *network, struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_writer w = { .out = &text };
	int r;

	json_begin_array(&w, NULL);
	for (size_t i = 0; i < network->record.n_networks; i++)
		put_network(&w, network, i);
	json_end_array(&w);
	if (json_writer_finish(&w) < 0 || text_append_char(&text, '\n') < 0)
		return error_set(err, ENOMEM, "writing net-info.json: out of memory");
	r = file_replace_at(network->pod_fd, "net-info.json", text_string(&text), 0644, err);
	return r < 0 ? r
		     : file_replace_at(network->pod_fd, NETWORK_REPORT_NETNS, network->handle.path,
				       0644, err);
}
