/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what rkt-fetch tells rkt: fetch_protocol.h.
 *
 * Errors: -errno of the write; -EILSEQ text that is no UTF-8 (what comes from outside is
 *         checked before).
 */
#pragma once

#include "common/base/error.h"
#include "common/json/json_writer.h"

/* Writes one object; fill puts its members, context is its own. */
int report_line(void (*fill)(struct json_writer *writer, const void *context), const void *context,
		struct error *err) MUST_CHECK;

/* The last line. */
int report_outcome(const struct error *outcome) MUST_CHECK;
