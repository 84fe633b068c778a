/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cni_network.h - a network's definition: one plugin (*.conf), or a chain (*.conflist).
 *
 * What is the plugins' own in it is kept as it is, and handed to them.  Checked
 * here is what a runtime reads itself.  The names of fields may be in any case: most plugins
 * and their runtimes are written in Go, which reads them so.
 *
 * Ownership:  everything belongs to the arena, but for the text, which is the caller's.
 * Errors:     -EINVAL with the file and the field named; -EPROTONOSUPPORT: no version of it is
 *             spoken here; -EFBIG, -ENOMEM.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/cni/cni_version.h"
#include "common/cni/ip_address.h"
#include "common/json/json_value.h"

#define CNI_MAX_PLUGINS          64 /* of a chain */
#define CNI_NETWORK_MAX_BYTES    ((size_t)1 << 20)
#define CNI_PORT_MAPPINGS        "portMappings" /* a capability */
#define CNI_INTERFACE_NAME_BYTES 15

struct cni_plugin {
	const char *type;              /* a file name of [A-Za-z0-9._-], no path */
	const struct json_value *conf; /* an object: as the plugin gets it, but for what the
					  runtime adds */
	const char *ipam;   /* the type of the plugin that it calls for addresses; NULL */
	bool delegates;     /* has a member "delegate": it calls plugins that are told there */
	bool port_mappings; /* wants to be told of ports */
	bool masquerades;   /* "ipMasq": true */
};

struct cni_network {
	const char *name;
	enum cni_version version; /* the newest that both the definition and this tree speak */
	bool is_list;
	bool is_as_written; /* text is what its one plugin gets, unless there is something to add */
	bool disable_check, disable_gc;
	struct cni_plugin *plugins;
	size_t n_plugins;
	const char *text;
	size_t length;
};

struct cni_port_mapping {
	uint16_t host_port, container_port;
	bool udp;
	const char *host_ip; /* NULL: all addresses of the host */
};

struct cni_source {
	const char *text;
	size_t length;
	const char *place; /* the file, for messages */
	bool is_list;      /* a *.conflist */
};

int cni_network_parse(struct arena *arena, const struct cni_source *source, struct cni_network *ret,
		      struct error *err) MUST_CHECK;

/* An alphanumeric character, then these and "_.-": names of networks, ids of containers. */
bool cni_is_name(const char *text);

/* Whether a type may be looked for in the directories of plugins. */
bool cni_is_plugin_type(const char *text);

/* Whether some plugin of the chain wants to be told of ports. */
bool cni_network_maps_ports(const struct cni_network *network);

/* What a plugin gets on stdin. */
struct cni_request {
	const struct cni_network *network;
	const struct cni_plugin *plugin;
	const struct cni_port_mapping *ports; /* told to those that want to know */
	size_t n_ports;
	const char *previous; /* a result, JSON text; NULL: none yet */
	const char *valid;    /* GC: an array of attachments, JSON text; NULL: not told */
};

int cni_request_write(const struct cni_request *request, struct text *out) MUST_CHECK;
