/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - what will be: the outcome of planning a pod, plain data.
 *
 * The plan says everything that apply does, and apply decides nothing.  It can
 * be printed (plan_json.h), compared with a golden text, and sent to a guest.
 *
 * Units:      memory in bytes, CPU in millicores, times in ms, ids in the
 *             pod's own user namespace.
 * Paths:      target and working directory are paths in the app's root, source
 *             is a path of the host.  Text only: opening them is apply's work.
 * Ownership:  everything belongs to the arena given to plan_pod().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/plan/plan_app.h"
#include "common/plan/plan_verdict.h"

/* Where rkt's metadata service listens (rkt 1.30). */
#define METADATA_SERVICE_PORT 18112

enum plan_network {
	PLAN_NETWORK_HOST,
	PLAN_NETWORK_LOOPBACK, /* one of the pod's own that leads nowhere */
	PLAN_NETWORK_PLUGINS,  /* one of the pod's own that plugins connect */
};

/* A network that the pod is to join; its definition is apply's to find. */
struct plan_named_network {
	const char *name;
	const char *args; /* "IP=10.1.2.3;k=v"; "": none */
};

/* One port of the host that leads to the pod. */
struct plan_port {
	const char *name; /* of the image's port */
	bool udp;         /* false: TCP */
	uint16_t host_port, pod_port;
	const char *host_ip; /* NULL: all addresses of the host */
};

enum plan_restart { PLAN_RESTART_NO, PLAN_RESTART_ON_FAILURE, PLAN_RESTART_ALWAYS };

/* "on-failure" */
const char *plan_restart_name(enum plan_restart restart);

struct plan {
	const char *isolator; /* the traits' name */
	const char *uuid;
	const char *hostname; /* NULL: the host's stays */
	bool own_pid, own_ipc, own_uts, own_user, own_cgroup;
	bool own_api_file_systems; /* /proc, /sys, /dev are the pod's own, not the host's */
	bool supervised; /* a process of ours stays beside the apps; false: exec in place */
	enum plan_network network;
	const char *metadata_token; /* for the metadata service at the host's address in the pod's
				       networks; NULL: none, or its URL is in the environments */
	bool all_networks;          /* every network that is defined; those named have arguments */
	const struct plan_named_network *networks;
	size_t n_networks;
	const struct plan_port *ports;
	size_t n_ports;
	uint32_t user_base, user_count; /* own_user: ids 0 … count-1 are base … on the host */
	bool interactive;
	bool strict;
	enum plan_restart restart; /* of apps that end */
	bool accounting;    /* what rkt stats shows is counted where that has to be asked for */
	uint64_t log_bytes; /* how much of what the apps print is kept; 0: nothing */
	struct plan_limits limits; /* of the whole pod */
	const struct plan_sysctl *sysctls;
	size_t n_sysctls;
	const struct plan_app *apps;
	size_t n_apps;
	const struct plan_verdict *verdicts;
	size_t n_verdicts;
};
