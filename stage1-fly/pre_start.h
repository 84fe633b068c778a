/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pre_start.h - the pre-start handlers of an app that replaces the run process.
 */
#pragma once

#include "common/supervisor/app_process.h"

/* In the app's root: runs them one after the other; -ECHILD when one fails. */
int pre_start_run(const struct app_surroundings *surroundings,
		  const struct app_resources *resources, struct error *err) MUST_CHECK;
