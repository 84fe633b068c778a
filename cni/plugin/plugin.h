/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.h - what a plugin can do, and how it is asked.
 *
 * Each command returns 0 or -errno with err filled; plugin_run() turns that into what the
 * protocol wants on stdout, and the exit status.
 */
#pragma once

#include "cni/plugin/plugin_call.h"

struct plugin {
	const char *name;
	int (*add)(struct plugin_call *call, struct cni_result *ret, struct error *err);
	int (*del)(struct plugin_call *call, struct error *err);
	int (*check)(struct plugin_call *call, struct error *err);
	int (*gc)(struct plugin_call *call, struct error *err);
	int (*status)(struct plugin_call *call, struct error *err);
};

extern const struct plugin plugin_bridge, plugin_host_local, plugin_loopback, plugin_portmap,
    plugin_ptp;

/* Does what CNI_COMMAND says with the definition on stdin.  Returns the exit status. */
int plugin_run(const struct plugin *plugin);
