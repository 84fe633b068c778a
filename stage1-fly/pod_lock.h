/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_lock.h - the pod's lock, in a form that an app may hold.
 *
 * A one-app pod leaves no process of ours behind, so its lock can only be held by
 * the app.  Our own stage0 locks by a directory that leads nowhere else
 * (common/mount/confined_directory.h).  Another stage0's lock is an ordinary
 * directory fd, by which an app could walk out into the host's file system: it
 * is exchanged here, by way of a shared lock, since flock(2) has no atomic
 * handing over; for some microseconds an observer may take the pod for exited.
 */
#pragma once

#include "common/base/error.h"

/* lock_fd keeps its number, which RKT_LOCK_FD names.  dir_fd: the pod directory. */
int pod_lock_confine(int lock_fd, int dir_fd, struct error *err) MUST_CHECK;
