/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer.h - where what an app writes to its root lies, on the guest's disk for that.
 *
 * Places:     below GUEST_WRITTEN/layers/NUMBER: upper, and the work directory of an overlay, which
 *             finds in it its own one, empty (stage1-kvm/kernel/overlay-ready-work.patch): it
 *             has to try nothing and to change nothing to be mounted.
 * Again:      upper stays, the disk may be of a pod that is started again; the work directory is
 *             a new one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"

#define LAYER_PATH_SIZE 96
#define LAYER_MODE      0755 /* of upper, which is root's */

struct layer {
	char upper[LAYER_PATH_SIZE], work[LAYER_PATH_SIZE];
	bool is_new; /* nothing was written to it before */
};

/* Makes that of the first app, which every pod has: before the guest is saved. */
int layer_prepare_first(struct error *err) MUST_CHECK;

/* That of an app, made if it is not there; each is asked for once. */
int layer_take(size_t number, struct layer *ret, struct error *err) MUST_CHECK;
