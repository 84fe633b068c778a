/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolv_conf.h - a file in the form of resolv.conf(5), as part of a result.
 *
 * Lines that are not understood are left out, as the resolver does.
 */
#pragma once

#include "common/base/arena.h"
#include "common/cni/cni_result.h"

int resolv_conf_read(struct arena *arena, const char *path, struct cni_dns *ret,
		     struct error *err) MUST_CHECK;
