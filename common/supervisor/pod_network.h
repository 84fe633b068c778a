/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_network.h - a pod joins its networks before its apps start, and leaves them when it ends.
 *
 * The plugins run on the host.  The pod's network namespace is held by this process
 * (network_handle.h) until it has left the networks, even when the pod is dead.
 *
 * Order:      prepare (reads and finds everything, asks plugins since CNI 1.1.0 whether they are
 * ready; nothing is changed), record, join in the order
 * of the definitions, leave in the reverse one. Crash:      the record (network_record.h) is on
 * disk before the first network is joined, so that gc can leave them all. Errors:     one line that
 * names the network, its file, the plugin and what it said.  When a network cannot be joined, all
 * that were joined are left again.
 */
#pragma once

#include <sys/types.h>

#include "common/supervisor/network_chain.h"
#include "common/supervisor/network_handle.h"

struct pod_network {
	struct arena *arena;
	const struct plan *plan;
	int pod_fd;
	const char *local_config; /* NULL: /etc/rkt */
	struct network_plugins plugins;
	struct network_record record;
	struct cni_result *results; /* of record.networks[i] */
	size_t n_joined;
	bool is_ending; /* for good: nothing of the pod runs any more */
	bool was_left;  /* gc: by the pod's leader; only the rest is to be done */
	struct network_handle handle;
	int host_file; /* for PID 1: the host's address in the networks; FD_NONE */
	int dns_file;  /* for PID 1: resolv.conf by what the networks say; FD_NONE */
};

/* Where networks of a pod and their plugins are; the working directory is the pod's. */
struct network_places pod_network_places(const char *local_config);

/* arena, plan, pod_fd and local_config are given.  The working directory is the pod's. */
int pod_network_prepare(struct pod_network *network, struct error *err) MUST_CHECK;

/* Joins all networks from the pod's namespace, which it takes over, whatever happens. */
int pod_network_join_consume(struct pod_network *network, int namespace_fd,
			     struct error *err) MUST_CHECK;

/* In PID 1, once the networks are joined: their resolv.conf; NULL: they say nothing of DNS. */
int pod_network_read_dns(const struct pod_network *network, const char **ret,
			 struct error *err) MUST_CHECK;

/* In PID 1, too: the host's address in its networks; NULL: there is none. */
int pod_network_read_host(const struct pod_network *network, const char **ret,
			  struct error *err) MUST_CHECK;

/*
 * The pod has ended.  What cannot be left now is gc's; a link out of use may stay until the kernel
 * has removed the pod's namespace, or gc does.
 */
int pod_network_leave(struct pod_network *network, struct error *err) MUST_CHECK;

/* Closes what is open. */
void pod_network_release(struct pod_network *network);

/*
 * gc: leaves what an earlier process has joined; 0 when there is nothing (left) to leave.
 * Fails when trying again may help.  What went wrong with a network that was never
 * joined as a whole, or whose plugin is gone, is only told in *ret_warning (code 0: nothing).
 */
int pod_network_collect(struct arena *arena, int pod_fd, const char *local_config,
			struct error *ret_warning, struct error *err) MUST_CHECK;
