/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_record.h - the networks of a pod on disk: enough to leave them, whatever has become
 * of their definitions, and of this process.
 *
 * Place:      in the pod directory: networks.json says what was (or was about to be) joined, by
 *             which programs, and where the local configuration was; net/NAME.conf are the
 *             definitions, net/INTERFACE.result what the plugins answered.
 *             networks-left.json is the same file after they were left.
 * Order:      network_record_save() before the first network is joined; it reaches the disk
 *             before it returns, for what plugins do outlives a crash of the machine.
 * Errors:     -ENOENT of load: there is none; -EINVAL: it is not what was saved.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/supervisor/network_definitions.h"

struct network_record {
	const char *container_id;
	const char *local_config; /* a directory; load: NULL when it is not known */
	struct network_definition *networks;
	size_t n_networks;
	const struct cni_port_mapping *ports;
	size_t n_ports;
};

int network_record_save(struct arena *arena, int pod_fd, struct network_record *record,
			struct error *err) MUST_CHECK;
int network_record_load(struct arena *arena, int pod_fd, struct network_record *ret,
			struct error *err) MUST_CHECK;

/*
 * Says that all networks have been left, but that what plugins leave to the end of the pod's
 * namespace may still be there.  The files of net/ stay: list names them.
 */
int network_record_set_left(int pod_fd, struct error *err) MUST_CHECK;

/* What was set so.  -ENOENT: nothing. */
int network_record_load_left(struct arena *arena, int pod_fd, struct network_record *ret,
			     struct error *err) MUST_CHECK;

/* Says that nothing is left to do. */
int network_record_remove(int pod_fd, struct error *err) MUST_CHECK;

/* What joining the network came to, JSON text; load: NULL when there is none. */
int network_record_save_result(struct arena *arena, int pod_fd, const char *interface,
			       const char *result, struct error *err) MUST_CHECK;
const char *network_record_load_result(struct arena *arena, int pod_fd, const char *interface);
