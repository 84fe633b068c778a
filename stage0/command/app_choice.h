/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_choice.h - the one app of a pod that a command works on: named by --app, or the only one.
 *
 * Errors: -ENOENT, -EINVAL; in the words of the original, which also lists the apps on
 *         stderr when there are several.
 */
#pragma once

#include "stage0/command.h"
#include "stage0/pods/pod_report.h"

/* wanted: NULL: not given.  The result belongs to the report. */
int app_choice(const struct command_call *call, const struct pod_report *report, const char *wanted,
	       const char **ret, struct error *err) MUST_CHECK;
