/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_check.h - are the networks of a running pod as they were made (CHECK, since CNI 0.4.0)?
 *
 * Processes:  any on the host, in the mount namespace of /var/run; the pod goes on meanwhile.
 * Ownership:  everything belongs to the arena.
 * Errors:     -errno with err filled: the pod's record cannot be read.  What is wrong with a
 *             network is no error, but part of the answer.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"

enum network_check_state {
	NETWORK_CHECK_PASSED,
	NETWORK_CHECK_IMPOSSIBLE, /* by its definition: its version, or disableCheck */
	NETWORK_CHECK_FAILED,
};

struct network_check {
	const char *network;
	const char *interface;
	enum network_check_state state;
	const char *found; /* what the plugin said, or why it was not asked; passed: NULL */
	const char *mend;  /* impossible: what would make it possible; else NULL */
};

/* None for a pod without networks of its own. */
int network_check_pod(struct arena *arena, int pod_fd, const struct network_check **ret,
		      size_t *ret_n, struct error *err) MUST_CHECK;
