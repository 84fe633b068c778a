/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1_networks.h - has a stage1 that knows CNI free what networks hold for nobody.
 *
 * Its entrypoint gc-networks is run from its tree in the store; no pod is needed.
 *
 * Errors: -errno with err: what the first plugin said that failed.
 */
#pragma once

#include "stage0/launch/launch.h"

/* Of the levels that the store has a stage1 of, the first that has the entrypoint; 0: none has. */
int stage1_collect_networks(const struct command_call *call, struct error *err) MUST_CHECK;
