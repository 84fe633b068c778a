/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1_program.h - the entrypoints of a pod's stage1, as programs.
 *
 * Source:     the stage1 interface, version 6: annotations of stage1/manifest name
 *             absolute paths below the stage1's root.
 * Errors:     -ENOENT: the stage1 has no such entrypoint; -EINVAL: its manifest is
 *             broken; else of the mounts and of execve(2).
 */
#pragma once

#include "common/base/arena.h"
#include "common/manifest/image_manifest.h"
#include "stage0/pods/pod_life_cycle.h"

#define STAGE1_ENTER   "coreos.com/rkt/stage1/enter"
#define STAGE1_EXPORT  "coreos.com/rkt/stage1/export"
#define STAGE1_GC      "coreos.com/rkt/stage1/gc"
#define STAGE1_LOGS    "coreos.com/rkt/stage1/logs"
#define STAGE1_STATS   "coreos.com/rkt/stage1/stats"
#define STAGE1_STOP    "coreos.com/rkt/stage1/stop"
#define STAGE1_VERSION "coreos.com/rkt/stage1/interface-version"

/* Which arguments a stage1 knows: 1, unless its manifest says otherwise. */
unsigned stage1_interface_version(const struct image_manifest *stage1);

/* The same of a pod's stage1; 1 as well when its manifest cannot be read. */
unsigned stage1_program_version(const struct pod_dir *pod, struct arena *arena);

/* The path that an annotation names: absolute, without "..". */
int stage1_program_path(const struct pod_dir *pod, struct arena *arena, const char *annotation,
			const char **ret, struct error *err) MUST_CHECK;

enum stage1_view {
	STAGE1_WHOLE,     /* all of an ended pod's mounts: gc, export */
	STAGE1_READ_ONLY, /* the stage1 beside the running pod: stop, logs */
};

struct stage1_call {
	const struct pod_dir *pod;
	const char *data_path;  /* of the data directory, absolute */
	const char *program;    /* from stage1_program_path() */
	char *const *arguments; /* [0] is put in; NULL-terminated */
	char *const *environment;
	enum stage1_view view;
	int output; /* where standard output goes; 0: where the caller's does */
	bool quiet; /* standard output goes to /dev/null, too; standard input always does */
};

/*
 * Runs an entrypoint from the pod's own stage1/rootfs, in a mount namespace of
 * its own, with the pod as working directory, and waits.  *ret_status: its exit
 * status, 128 + signal if it was killed.
 */
int stage1_program_run(const struct stage1_call *call, int *ret_status,
		       struct error *err) MUST_CHECK;
