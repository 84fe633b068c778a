/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_levels.h - traits like those of the isolators, for tests that need no isolator.
 */
#pragma once

#include "common/plan/plan_pod.h"

extern const struct plan_traits fixture_coreos;
extern const struct plan_traits fixture_fly;
extern const struct plan_traits fixture_kvm;

#define FIXTURE_N_LEVELS 3

extern const struct plan_traits *const fixture_levels[FIXTURE_N_LEVELS];
