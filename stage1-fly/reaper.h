/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reaper.h - the one process that stays beside several apps in the host's namespaces.
 *
 * It starts them, adopts what they leave behind, writes their statuses and
 * stops the rest when one fails.  SIGTERM, SIGINT and SIGQUIT stop the pod (a
 * second one kills it), other signals go to the apps.
 */
#pragma once

#include "common/supervisor/app_process.h"
#include "common/supervisor/pod_run.h"

/* The pod's exit status once all apps have ended. */
int reaper_supervise(struct pod_run *run, const struct app_surroundings *surroundings,
		     struct error *err) MUST_CHECK;
