/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_lock.h - the pod's lock, in a form that an app may hold.
 *
 * A one-app pod leaves no process of ours behind, so its lock can only be held by
 * the app.  What stage0 passes is an ordinary directory fd, by which an app could
 * walk out into the host's file system.  It is exchanged for one that leads
 * nowhere (common/mount/confined_directory.h), by way of a shared lock, since
 * flock(2) knows no handing over; for some microseconds an observer may take the
 * pod for exited, which does it no harm: to remove a pod, gc has to lock it.
 *
 * Processes:  in the pod's own mount namespace, the pod directory being the working directory.
 */
#pragma once

#include "common/base/error.h"

/* lock_fd keeps its number, which RKT_LOCK_FD names; FD_NONE: nothing is done. */
int pod_lock_confine(int lock_fd, struct error *err) MUST_CHECK;
