/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_platform.h - architectures, as OCI (Go's names), App Container and the kernel call them.
 */
#pragma once

#include "image/oci_descriptor.h"

/* This machine: linux, and the kernel's machine by OCI's names; strings are static. */
struct oci_platform oci_platform_host(void);

/*
 * How well an image for wanted runs on host: 0 not at all, then the more the better.  What
 * is not given fits anything, but worse than what is.
 */
unsigned oci_platform_fits(const struct oci_platform *wanted, const struct oci_platform *host);

/* True for what builders add to an index that is no image: platform "unknown". */
bool oci_platform_is_none(const struct oci_platform *platform);

/* App Container's name; NULL: it has none.  Static. */
const char *oci_platform_appc_arch(const struct oci_platform *platform);
