/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_archive.h - what an app of an ended pod has made of its image, as the pod's stage1 tells it.
 *
 * An optional entrypoint (coreos.com/rkt/stage1/export): called as
 *
 *   export --app=NAME UUID
 *
 * with the pod's mounts in place, it writes the app's tree to standard output as the tar archive of
 * an image, not packed, and ends with 0.  A stage1 has it when the files that its apps write are
 * not in the pod's directory.  The archive is not trusted.
 *
 * Ownership:  pod_archive_close() ends and reaps what was started.
 */
#pragma once

#include "common/base/arena.h"
#include "stage0/pods/stage1_program.h"

struct pod_archive {
	int read_end; /* of the pipe */
	pid_t pid;    /* of the process that runs the stage1 */
};

#define POD_ARCHIVE_NONE                                                                           \
	{                                                                                          \
		.read_end = FD_NONE, .pid = 0                                                      \
	}

/* Starts the entrypoint; arguments and output of stage1 are filled in. */
int pod_archive_open(struct pod_archive *archive, const struct stage1_call *stage1,
		     struct arena *arena, const char *app, struct error *err) MUST_CHECK;

/* -EIO: the stage1 failed, and has said why on standard error. */
int pod_archive_close(struct pod_archive *archive, struct error *err) MUST_CHECK;
