/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delegate.h - another plugin, run as a program for one of ours.
 *
 * Errors:     -errno with err filled; call->code becomes the code that the program gave.  -ENOENT:
 *             there is no such program in CNI_PATH.
 */
#pragma once

#include "cni/plugin/plugin_call.h"

/*
 * Runs the program called type with call's definition and environment, but for the command.
 * result: what it answers is put there (ADD); NULL: it need not answer.
 */
int delegate_run(struct plugin_call *call, const char *type, const char *command,
		 struct cni_result *result, struct error *err) MUST_CHECK;
