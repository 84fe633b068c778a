/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - the versions rkt reports and puts into what it writes.
 */
#pragma once

/* Of the command line and the stage1 interface that this rkt follows, and our own build. */
#define RKT_VERSION      "1.30.0+c.1"

/* The image that isolates pods unless somebody says otherwise. */
#define RKT_STAGE1       "coreos.com/rkt/stage1-coreos"

/* Of the App Container specification. */
#define RKT_APPC_VERSION "0.8.11"
