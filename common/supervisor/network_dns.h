/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_dns.h - resolv.conf(5) by what a pod's networks say of DNS.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/text.h"
#include "common/cni/cni_result.h"

/*
 * Appends the file; nothing when no network says anything.  What several say is put together, each
 * word once; of domains the first counts.  -ENOMEM.
 */
int network_dns_write(struct arena *arena, const struct cni_result *results, size_t n,
		      struct text *out) MUST_CHECK;
