/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_output.h - a pod's report as `list` and `status` print it.
 *
 * Formats and names of fields are those of rkt 1.30.
 */
#pragma once

#include "common/json/json_writer.h"
#include "stage0/pods/pod_report.h"

/* "default:ip4=172.16.28.2"; "" when there is none.  NULL: no memory. */
const char *report_networks(struct arena *arena, const struct pod_report *report);

/* One object. */
void report_write_json(struct json_writer *writer, const struct pod_report *report);

/* "state=running", "app-NAME=0" …, a line each. */
int report_write_lines(struct arena *arena, const struct pod_report *report,
		       struct text *out) MUST_CHECK;

/* format: "json" or "json-pretty" */
bool report_is_pretty(const char *format);
