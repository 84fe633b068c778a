/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_collect.h - the end of a pod: marking what is dead, removing it.
 *
 * Marking is a rename and keeps everything readable; removing lets the stage1
 * clean up what it made outside the pod's directory, then removes that.  Killed
 * half way, the next removal goes on; a stage1 that was killed in its clean-up, or
 * could not do it, is asked again by it.
 *
 * Errors:     -EWOULDBLOCK: another process is at it, or the pod lives; -ENOENT: gone;
 *             -EIO: the stage1 could not clean up, and all of the pod is still there.
 * Processes:  several may collect at a time.
 */
#pragma once

#include "stage0/pods/pod_life_cycle.h"

/*
 * Moves a pod that nobody holds to where garbage goes: one that has run to
 * exited-garbage, any other to garbage.  Its lock is taken and let go.
 */
int pod_mark(const struct pods *pods, struct pod_dir *pod, struct error *err) MUST_CHECK;

/*
 * Removes a pod that this process was making, and holds the lock of, when that failed: nothing
 * of it ran.  Mounts of it in this process's own namespace are let go of first.  What
 * cannot be removed is garbage for gc.
 */
void pod_discard(const struct pods *pods, struct pod_dir *pod);

struct pod_removal {
	const struct pods *pods;
	const char *data_path; /* absolute */
	const char *local_config;
	char *const *environment;
	bool debug;
	/* Told when the stage1's clean-up failed for good, which does not stop the removal. */
	void (*warn)(void *context, const char *uuid, const struct error *err);
	void *context;
};

/* Lets the stage1 of a pod that has ended, and is locked, clean up what it made outside of it. */
int pod_clean_up(const struct pod_removal *removal, const struct pod_dir *pod,
		 struct error *err) MUST_CHECK;

/* Removes a pod that was marked. */
int pod_remove(const struct pod_removal *removal, struct pod_dir *pod,
	       struct error *err) MUST_CHECK;

/* Whether any pod needs a tree of the store: 1, 0 or -errno; context is a struct pods. */
int pod_uses_tree(void *pods, const char *tree_id, struct error *err) MUST_CHECK;
