/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loopback.h - the one interface every network namespace has.
 *
 * Errors:     -errno, err filled.  -EPERM: no CAP_NET_ADMIN over the namespace.
 * Processes:  acts on the caller's network namespace; safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

/* Brings lo up, which gives it 127.0.0.1 and ::1.  Nothing changes when it is up already. */
int loopback_bring_up(struct error *err) MUST_CHECK;
