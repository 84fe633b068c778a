/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata_url.h - where apps of a pod with networks of its own reach the metadata service: at the
 * host's address in those networks, which is known once they are joined.
 *
 * The address lies in a file of the pod directory for enter, and is sent to a guest as one.
 *
 * Source: App Container spec 0.8.11, ace.md, "Metadata Service"; the port is rkt 1.30's.
 */
#pragma once

#include "common/cni/cni_result.h"
#include "common/supervisor/app_resources.h"

#define METADATA_HOST_FILE "metadata-host"

/*
 * The gateway of the last network whose gateway is an address of this host, IPv4 before IPv6; of a
 * network with a router of its own it is another's.  NULL: none has one.  Call it on the host.
 */
int metadata_host_find(const struct cni_result *results, size_t n,
		       char buffer[static IP_PREFIX_TEXT_SIZE], const char **ret,
		       struct error *err) MUST_CHECK;

/* What an earlier process has kept, in the arena; NULL: nothing. */
int metadata_host_read(struct arena *arena, int pod_fd, const char **ret,
		       struct error *err) MUST_CHECK;

/* Adds AC_METADATA_URL to an app's environment, if the plan has a token; host: NULL: there is none.
 */
int metadata_url_take(struct arena *arena, const struct plan *plan, const char *host,
		      struct app_resources *resources, struct error *err) MUST_CHECK;
