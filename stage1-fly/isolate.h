/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolate.h - the order in which a pod gets a root of its own and nothing else.
 */
#pragma once

#include "common/supervisor/pod_run.h"

/* An isolator's run(), see common/supervisor/stage1.h. */
int isolate_in_mount_namespace(struct pod_run *run, struct error *err) MUST_CHECK;
