/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_gc.h - has plugins free what belongs to nobody any more (GC, since CNI 1.1.0).
 *
 * What pods leave, dead ones included, is freed by DEL.  GC is for what nothing tells of: the
 * pod's directory was removed by hand, the machine lost its power before the record was written.
 *
 * Errors: -errno with err naming network, file and plugin; the other networks are collected all
 * the same.  -EWOULDBLOCK: networks are being joined or left.
 */
#pragma once

#include "common/supervisor/network_definitions.h"

/* The networks that are defined in places now, but for those that say disableGC. */
int network_gc(struct arena *arena, const struct network_places *places,
	       struct error *err) MUST_CHECK;
