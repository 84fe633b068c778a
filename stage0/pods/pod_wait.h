/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_wait.h - waiting for what happens to a pod, without a daemon that would tell.
 *
 * The lock tells when a pod has ended; the kernel announces the close that releases
 * it to whoever watches the directory (inotify).  Where no watch can be had, the
 * state is looked at a few times a second.
 *
 * Units:      milliseconds; negative: for ever.
 * Errors:     -ETIMEDOUT, else -errno.
 */
#pragma once

#include "stage0/pods/pod_life_cycle.h"

/*
 * Until the pod has run and ended; one that is only prepared is waited for, too.
 * pod->home becomes where it is then.  -ENOENT: it was removed meanwhile.
 */
int pod_wait_exited(const struct pods *pods, struct pod_dir *pod, int64_t timeout_ms,
		    struct error *err) MUST_CHECK;

/* Until all apps were started.  Returns 1, or 0 when it ended without. */
int pod_wait_ready(const struct pods *pods, struct pod_dir *pod, int64_t timeout_ms,
		   struct error *err) MUST_CHECK;
