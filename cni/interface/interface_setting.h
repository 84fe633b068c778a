/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interface_setting.h - /proc/sys/net/ipv4 and ipv6: conf/INTERFACE/SETTING.
 *
 * Namespace:  the caller's.  interface: a name of an interface, or "all".
 * Errors:     -errno with err filled.  -ENOENT: no such interface or setting; all of IPv6's
 *             are missing where there is no IPv6.
 */
#pragma once

#include <sys/socket.h>

#include "common/base/error.h"

/* family: AF_INET, AF_INET6.  Writes only what is not so yet, since /proc/sys may be read-only. */
int interface_setting_write(int family, const char *interface, const char *setting,
			    const char *value, struct error *err) MUST_CHECK;

/* The same; no error where the setting does not exist. */
int interface_setting_write_if_there(int family, const char *interface, const char *setting,
				     const char *value, struct error *err) MUST_CHECK;

/* Its number; negative: -errno. */
int interface_setting_read(int family, const char *interface, const char *setting);
