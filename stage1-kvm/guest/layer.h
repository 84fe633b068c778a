/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer.h - where what an app writes to its root lies, on the guest's disk for that.
 *
 * Places:     below GUEST_WRITTEN/layers/NUMBER: upper, and work, in which an overlay finds its own
 *             directory, empty (stage1-kvm/kernel/overlay-ready-work.patch): it has to try
 *             nothing and to change nothing to be mounted.
 * Again:      upper stays, the disk may be of a pod that is started again; work is made anew.
 */
#pragma once

#include <stddef.h>

#include "common/base/error.h"

#define LAYER_PATH_SIZE 64
#define LAYER_MODE      0755 /* of upper, which is root's */

struct layer {
	char place[LAYER_PATH_SIZE]; /* with upper and work in it */
};

/* Makes that of the first app, which every pod has: before the guest is saved. */
int layer_prepare_first(struct error *err) MUST_CHECK;

/* That of an app, made if it is not there; each is asked for once. */
int layer_take(size_t number, struct layer *ret, struct error *err) MUST_CHECK;

/*
 * The root of an overlay looks as its upper directory does: makes that look as lower, once, so that
 * what an app changes of it stays; also when a machine was killed before it could be done.
 */
int layer_dress(const struct layer *layer, const char *lower, struct error *err) MUST_CHECK;
