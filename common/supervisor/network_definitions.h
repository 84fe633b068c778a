/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_definitions.h - which networks a pod joins, in which order, and what defines them.
 *
 * Sources:    LOCAL_CONFIG/net.d, then the stage1's own etc/rkt/net.d: files *.conf and *.conflist,
 *             sorted by name.  The first definition of a name counts.  As with rkt, the networks
 *             of the local configuration come first, and one of "default" and "default-restricted"
 * is always among those of a pod. Interfaces: eth0, eth1, … in that order. Ownership:  everything
 * belongs to the arena. Errors:     -ENOENT: a network is defined nowhere; -EINVAL and others as
 * cni_network.h: a broken file is refused whatever was asked for, since nobody knows what it would
 * have replaced.
 */
#pragma once

#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cni/cni_network.h"
#include "common/plan/plan.h"

struct network_definition {
	struct cni_network cni;
	const char *file; /* its path, for messages */
	const char *base; /* the last part of it */
	const char *text;
	size_t length;
	const char *args; /* CNI_ARGS; "": none */
	char interface[16];
	bool ports_added; /* its last plugin is ours: it forwards ports that no other would */
	const char *const *programs; /* of cni.plugins[i], as they were found when it was joined;
					NULL: not known */
};

struct network_places {
	const char *local_config; /* a directory; it need not be there */
	const char *stage1_root;  /* the same */
};

struct network_definitions {
	struct network_definition *items;
	size_t n;
};

/* All that are defined; no interfaces, no arguments. */
int network_definitions_read(struct arena *arena, const struct network_places *places,
			     struct network_definitions *ret, struct error *err) MUST_CHECK;

int network_definitions_select(struct arena *arena, const struct network_places *places,
			       const struct plan *plan, struct network_definitions *ret,
			       struct error *err) MUST_CHECK;

/* One definition from its text; base says by its ending whether it is a list. */
int network_definition_parse(struct arena *arena, struct network_definition *definition,
			     struct error *err) MUST_CHECK;

/* Adds the plugin portmap at the end of the chain. */
int network_definition_add_ports(struct arena *arena, struct network_definition *definition,
				 struct error *err) MUST_CHECK;
