/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch_fetch.h - how a launch gets images from outside; for this folder only.
 */
#pragma once

#include "stage0/fetch/fetch.h"
#include "stage0/launch/launch.h"

/* As the command line says; points into the launch. */
struct fetch launch_make_fetch(const struct launch *launch);
