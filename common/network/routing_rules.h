/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routing_rules.h - rules that choose a table of routes (ip-rule(8)).
 *
 * Errors:     -errno, err filled.
 * Processes:  acts on the caller's network namespace.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

/* Are there others than each namespace begins with, which lead to local, main and default? */
int routing_rules_exist(bool *ret, struct error *err) MUST_CHECK;
