/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1_call.h - how a stage1's entrypoints are found and called.
 *
 * Source:     rkt/rkt, Documentation/devel/stage1-implementors-guide.md; which
 *             flags an older interface version knows: calls of the original.
 * Ownership:  strings lie in the arena or belong to the caller.
 */
#pragma once

#include "common/manifest/image_manifest.h"
#include "common/option/option.h"

/* The annotations of a stage1's manifest. */
#define STAGE1_RUN         "coreos.com/rkt/stage1/run"
#define STAGE1_ATTACH      "coreos.com/rkt/stage1/attach"
#define STAGE1_EXPLAIN     "coreos.com/rkt/stage1/explain"
#define STAGE1_DOCTOR      "coreos.com/rkt/stage1/doctor"
#define STAGE1_GC_NETWORKS "coreos.com/rkt/stage1/gc-networks"

/* The path of an entrypoint in the stage1's root, "/run"; -ENOENT: the stage1 has none of that
 * name. */
int stage1_entrypoint(const struct image_manifest *stage1, const char *annotation, const char **ret,
		      struct error *err) MUST_CHECK;

bool stage1_has_entrypoint(const struct image_manifest *stage1, const char *annotation);

/* What a run (or explain) of a pod says to the stage1; NULL or false: not said. */
struct stage1_run {
	const char *program; /* argv[0] */
	const char *uuid;
	const struct option_list *networks; /* empty: default */
	const char *mds_token;              /* of the metadata service */
	const char *local_config;           /* run-prepared says none */
	const char *hostname;
	const char *dns_conf_mode;
	const char *ipc;
	unsigned insecure; /* of enum insecure_option */
	bool debug, interactive;
	bool has_private_users;
	uint32_t user_base, user_count;
};

/*
 * The argument vector for the stage1's interface version.  What it is too old
 * for is left out, and *warnings gets a line about it.
 */
int stage1_run_argv(struct arena *arena, const struct image_manifest *stage1,
		    const struct stage1_run *run, struct option_list *ret_argv,
		    struct option_list *warnings) MUST_CHECK;
