/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease_definition.h - the part "ipam" of a network's definition, as host-local has it.
 *
 * Errors:     -EINVAL with the field named; -ENOMEM.
 * Ownership:  everything belongs to the call's arena.
 */
#pragma once

#include "cni/lease/lease_range.h"
#include "cni/plugin/plugin_call.h"

#define LEASE_DEFAULT_DIRECTORY "/var/lib/cni/networks"

struct lease_definition {
	const char *directory;
	const char *resolv_conf; /* NULL: none */
	struct lease_range_set *sets;
	size_t n_sets;
	struct ip_address *wanted; /* asked for by name: CNI_ARGS, args, runtimeConfig */
	size_t n_wanted;
	struct cni_result routes; /* only these of it */
};

int lease_definition_read(struct plugin_call *call, struct lease_definition *ret,
			  struct error *err) MUST_CHECK;
