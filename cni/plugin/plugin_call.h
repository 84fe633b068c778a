/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_call.h - what a runtime asks of a plugin: CNI_* variables and the definition on stdin.
 *
 * All that could become a path, the name of an interface or of a table is checked here.
 *
 * Ownership:  everything belongs to the arena, or to environment and caller.
 * Errors:     -errno with err filled, and call->code the one of the specification.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cni/cni_error.h"
#include "common/cni/cni_result.h"
#include "common/cni/cni_version.h"
#include "common/json/json_decoder.h"

#define PLUGIN_PLACE         "network definition" /* how messages call it */
#define PLUGIN_MAX_BYTES     ((size_t)1 << 20)
#define PLUGIN_ERROR_FAILED  100U /* our own code: the work itself failed */
#define PLUGIN_ERROR_CHECK   101U /* our own code: CHECK found something wrong */
#define PLUGIN_ERROR_NO_ROOM 102U /* our own code: no address is left, or a port is taken */

struct plugin_attachment { /* of those that GC is to leave alone */
	const char *container;
	const char *interface;
};

struct plugin_call {
	struct arena *arena;
	uint32_t code; /* what a failure from here on is, as enum cni_error_code, or ours */
	enum cni_version version;

	/* The environment; "" when not given. */
	const char *command;
	const char *container;
	const char *netns;
	const char *interface;
	const char *arguments;
	const char *path;
	bool netns_ends;  /* DEL, see CNI_NETNS_ENDS */
	bool netns_ended; /* DEL, see CNI_NETNS_ENDED */

	/* The definition. */
	const char *text;
	size_t length;
	struct json_value definition;
	const char *network;
	const char *type;
	struct cni_dns dns;
	bool has_dns;
	bool has_previous;
	struct cni_result previous;
	const struct plugin_attachment *valid; /* GC */
	size_t n_valid;
};

/* Reads environment and text, and checks them as far as the command demands. */
int plugin_call_read(struct plugin_call *call, const char *text, size_t length,
		     struct error *err) MUST_CHECK;

/* A decoder for the plugin's own part of the definition. */
struct json_decoder plugin_decoder(struct plugin_call *call, struct error *err);

/* The value of KEY in CNI_ARGS ("A=1;B=2"); NULL: not given. */
const char *plugin_argument(struct plugin_call *call, const char *key);

/* The member "args.cni.NAME" or "runtimeConfig.NAME" of the definition; NULL: not given. */
const struct json_value *plugin_args_member(const struct plugin_call *call, const char *name);
const struct json_value *plugin_runtime_member(const struct plugin_call *call, const char *name);

/* Is that attachment among those that GC is to leave alone? */
bool plugin_attachment_is_valid(const struct plugin_call *call, const char *container,
				const char *interface);

/* Decoders for tables: const char * of these texts. */
int plugin_decode_address(struct json_decoder *decoder, const struct json_value *value,
			  void *member);
int plugin_decode_prefix(struct json_decoder *decoder, const struct json_value *value,
			 void *member);

/* "routes": [...] as results have them. */
int plugin_read_routes(struct plugin_call *call, const struct json_value *value,
		       struct cni_result *ret, struct error *err) MUST_CHECK;
