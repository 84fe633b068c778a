/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_plugin.h - executing a CNI plugin.
 *
 * No shell, no environment but what the protocol defines and a PATH, no open file but its stdin,
 * stdout and stderr; one minute and 64 KiB of answer.  A plugin is root's, and neither it nor its
 * directory can be written by others.
 *
 * A network is left by the very programs that joined it, whatever has been put before them since;
 * only for one that has vanished another of its name is looked for.
 *
 * Ownership:  everything belongs to the arena.
 * Errors:     -errno, err names the plugin and says what it said.  -ENOENT: no such plugin.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/supervisor/network_definitions.h"

#define NETWORK_ANSWER_MAX_BYTES ((size_t)64 << 10)

struct network_plugins {
	const char *const *directories; /* NULL at the end */
	const char *path;               /* those of rkt as CNI_PATH */
	const char *whole_path;         /* all of them */
	uint32_t stage1_owner; /* of the stage1's files: not root where they were given to the
				  pod's users, as its entrypoints are that root executes */
	int timeout_ms;
};

/*
 * Where plugins are looked for, first to last: LOCAL_CONFIG/net.d, /usr/lib/rkt/plugins/net, the
 * stage1's /usr/lib/rkt/plugins/net; then, where others keep theirs, /usr/lib/cni and
 * /opt/cni/bin.
 */
int network_plugins_open(struct arena *arena, const struct network_places *places,
			 struct network_plugins *ret, struct error *err) MUST_CHECK;

int network_plugin_find(struct arena *arena, const struct network_plugins *plugins,
			const char *type, const char **ret_path, struct error *err) MUST_CHECK;

/* Is the program (of network_plugin_find(); NULL: not known) one of the stage1's, so our own? */
bool network_plugin_is_own(const struct network_plugins *plugins, const char *program);

struct network_call {
	const struct network_plugins *plugins;
	const char *command;      /* "ADD", "GC" … */
	const char *container_id; /* "": of a whole network; likewise the next three */
	const char *netns;        /* ""; gone */
	bool netns_ends;          /* see CNI_NETNS_ENDS */
	bool netns_ended;         /* see CNI_NETNS_ENDED */
	const char *interface;
	const char *args;
	const char *type;
	const char *program; /* as network_plugin_find() once told; NULL: not known */
	const char *ipam;    /* the plugin that it will call; NULL: none */
	bool delegates;      /* it may call any other */
	const char *input;   /* cni_request_write() */
};

/* *ret_answer is what it printed. */
int network_plugin_call(struct arena *arena, const struct network_call *call,
			const char **ret_answer, struct error *err) MUST_CHECK;
