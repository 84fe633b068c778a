/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_attachments.h - who is in the networks of this machine, as far as can be seen.
 *
 * Sources:    the pods of all data directories: /var/run/netns/cni-UUID leads to the pod's leader
 *             (network_handle.h), whose working directory has the record; and the results that
 *             libcni, which most other runtimes are made with, keeps in /var/lib/cni/results.
 * Ownership:  everything belongs to the arena.
 * Errors:     -errno with err filled: a pod lives and what it has joined cannot be read.
 */
#pragma once

#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"

struct network_attachment {
	const char *network;
	const char *container;
	const char *interface;
};

struct network_attachments {
	struct network_attachment *items;
	size_t n, capacity;
};

int network_attachments_list(struct arena *arena, struct network_attachments *ret,
			     struct error *err) MUST_CHECK;

/* Those of one network, as plugins are told: [{"containerID":…,"ifname":…}].  -ENOMEM. */
int network_attachments_write(const struct network_attachments *attachments, const char *network,
			      struct text *out) MUST_CHECK;
