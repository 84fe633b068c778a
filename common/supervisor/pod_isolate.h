/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_isolate.h - the order in which a pod is put into namespaces of its own.
 */
#pragma once

#include "common/supervisor/pod_run.h"

/* An isolator's run(), see common/supervisor/stage1.h. */
int isolate_in_namespaces(struct pod_run *run, struct error *err) MUST_CHECK;
