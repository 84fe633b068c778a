/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysctl.h - kernel parameters that belong to a namespace.
 *
 * Which namespace is written to follows from the caller's own, not from which
 * /proc the file is opened in.  Whether a key is one of a namespace's and may be
 * set at all is the plan's decision; here the path is only kept from leaving /proc/sys.
 *
 * Processes:  needs the host's or the pod's /proc; safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

/* key: "net.ipv4.ip_forward"; dots separate, a "/" stands for a dot within a name. */
int sysctl_write(const char *key, const char *value, struct error *err) MUST_CHECK;
