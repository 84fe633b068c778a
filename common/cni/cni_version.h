/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cni_version.h - the versions of the Container Network Interface that are spoken here.
 *
 * In order, so that "since 0.4.0" is version >= CNI_0_4_0.
 */
#pragma once

#include "common/base/error.h"

enum cni_version {
	CNI_0_1_0, /* also what a document means that names no version */
	CNI_0_2_0, /* VERSION; args */
	CNI_0_3_0, /* interfaces, ips, routes; chains of plugins */
	CNI_0_3_1,
	CNI_0_4_0, /* CHECK; prevResult at DEL */
	CNI_1_0_0, /* no version in ips; lists only */
	CNI_1_1_0, /* STATUS, GC; mtu and more in results */
};

#define CNI_VERSION_NEWEST CNI_1_1_0
#define CNI_N_VERSIONS     (CNI_VERSION_NEWEST + 1)

/* NULL and "" are 0.1.0.  -EPROTONOSUPPORT: none of the above; *ret is untouched. */
int cni_version_parse(const char *text, enum cni_version *ret) MUST_CHECK;

/* "1.0.0" */
const char *cni_version_text(enum cni_version version);
