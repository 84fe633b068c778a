/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_range.h - the host's ids that a pod with private users gets.
 *
 * A range is USER_RANGE_SIZE ids from a multiple of it, so ranges never overlap.
 * DIR/pods/users/N, a file holding the UUID of the pod, means: range N is taken.  Files
 * are made with O_EXCL, so two pods cannot get one range; one whose pod is gone
 * from all directories may be taken over under DIR/pods/users/lock.
 * The pod keeps its range in the file USER_RANGE_FILE: "BASE:COUNT", as rkt writes it.
 *
 * Errors: -errno, with err filled; -EBUSY no range is free.
 */
#pragma once

#include "common/namespace/user_map.h"
#include "stage0/pods/pod_life_cycle.h"

#define USER_RANGE_SIZE 65536U
#define USER_RANGE_FILE "private-users-prepared"

/* Takes a free range for the pod and writes its file. */
int user_range_take(const struct pods *pods, const struct pod_dir *pod, struct user_map *ret,
		    struct error *err) MUST_CHECK;

/* The range of a pod: 1, or 0 when it has none. */
int user_range_read(int pod_fd, struct user_map *ret, struct error *err) MUST_CHECK;

/* Gives the range of a pod that will be removed back, if it has one. */
void user_range_release(const struct pods *pods, const struct pod_dir *pod);

/* Gives back the ranges that processes took which died before their pod had the file. */
int user_ranges_collect(const struct pods *pods, struct error *err) MUST_CHECK;
