/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_address.h - the IP addresses of the network namespace that the process is in.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

/* Whether some interface has it.  bytes: in network order, 4 of AF_INET, 16 of AF_INET6. */
int host_address_is_there(int family, const unsigned char *bytes, bool *ret,
			  struct error *err) MUST_CHECK;
