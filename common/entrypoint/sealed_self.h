/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealed_self.h - our executable, out of reach of whom we are about to join.
 *
 * A process that enters a pod is visible there, and so is its /proc/PID/exe: a
 * privileged app could write through it to the image store.  So before joining,
 * the executable is executed once more from a read-only mount of its own that
 * hangs nowhere.
 *
 * Source:     SECURITY rule M4; CVE-2019-5736.
 */
#pragma once

#include "common/base/error.h"
#include "common/entrypoint/entrypoint.h"

/* Returns 0 when the executable cannot be written through; else it is executed again. */
int sealed_self_ensure(const struct entrypoint_call *call, struct error *err) MUST_CHECK;
