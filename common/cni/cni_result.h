/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cni_result.h - what a CNI plugin answers to ADD, in any version of the protocol.
 *
 * Before 0.3.0 a result is {"ip4": {…}, "ip6": {…}, "dns": {…}}: it becomes addresses
 * and routes as the later versions have them, of no interface.
 *
 * Open:       fields that are not known are ignored, as the specification wants it.
 * Ownership:  strings and arrays belong to the arena or the document they were read from.
 * Errors:     -EINVAL with the place and the field named; -EPROTONOSUPPORT: a version that is
 *             not spoken here; -ENOMEM.  *ret is untouched on failure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cni/cni_version.h"
#include "common/cni/ip_address.h"
#include "common/json/json_value.h"
#include "common/json/json_writer.h"

struct cni_interface {
	const char *name;
	const char *mac;     /* NULL: not given; likewise the next */
	const char *sandbox; /* path of a network namespace; NULL or "": the host's */
	uint32_t mtu;        /* bytes; 0: not given (since 1.1.0) */
};

struct cni_ip {
	struct ip_prefix address;
	struct ip_address gateway; /* AF_UNSPEC: none */
	bool has_interface;
	uint32_t interface; /* index in the result's interfaces */
};

struct cni_route {
	struct ip_prefix dst;
	struct ip_address gw; /* AF_UNSPEC: none */
	uint32_t mtu;         /* bytes; this and the others: 0: not given (since 1.1.0) */
	uint32_t advmss;
	uint32_t priority;
	uint32_t table;
	bool has_scope;
	uint32_t scope;
};

struct cni_dns { /* words without white space, fit for a line of resolv.conf(5) */
	const char *const *nameservers;
	size_t n_nameservers;
	const char *domain; /* NULL or "": none */
	const char *const *search;
	size_t n_search;
	const char *const *options;
	size_t n_options;
};

struct cni_result {
	enum cni_version version; /* as the document says */
	struct cni_interface *interfaces;
	size_t n_interfaces;
	struct cni_ip *ips;
	size_t n_ips;
	struct cni_route *routes;
	size_t n_routes;
	struct cni_dns dns;
};

/* place: what messages call the document, "answer of ptp". */
int cni_result_read(struct arena *arena, const struct json_value *value, const char *place,
		    struct cni_result *ret, struct error *err) MUST_CHECK;

/* Only "dns": {…}, of a definition. */
int cni_dns_read(struct arena *arena, const struct json_value *value, const char *place,
		 struct cni_dns *ret, struct error *err) MUST_CHECK;

/*
 * Writes the result as version has it (result->version does not matter).  Before 0.3.0 only
 * the first address of each family can be told, and no interface.
 */
void cni_result_write(struct json_writer *writer, const char *key, enum cni_version version,
		      const struct cni_result *result);
