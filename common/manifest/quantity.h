/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quantity.h - resource quantities in the Kubernetes notation: "500m", "1.5", "128Mi", "1e3",
 * "2G".
 *
 * Grammar:    decimal digits with an optional fraction (a digit on one side of the
 *             point is enough), then at most one of m, k or K, M, G, T, P, E (powers
 *             of 1000), Ki, Mi, Gi, Ti, Pi, Ei (of 1024), or a power of ten as eN,
 *             e-N, e+N, also with E.  No sign in front, no space.  What does not
 *             come out whole is rounded up, so a limit is never below what was asked.
 * Errors:     -EINVAL not a quantity, -ERANGE above INT64_MAX.  *ret untouched.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

/* In whole units: bytes, counts. */
int quantity_parse(const char *text, uint64_t *ret) MUST_CHECK;

/* In thousandths: CPU, "0.5" → 500. */
int quantity_parse_milli(const char *text, uint64_t *ret_milli) MUST_CHECK;
