/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the operator's configuration: small JSON files in up to three places.
 *
 * Places, later ones override: the vendor's (/usr/lib/rkt), the machine's
 * (/etc/rkt), the user's (only when given).  In each, all *.json of the folders
 * paths.d, stage1.d and stage1-policy.d are read; each names its kind and version:
 *
 *   { "rktKind": "paths", "rktVersion": "v1", "data": "/srv/rkt", "stage1-images": "/srv/stage1" }
 *   { "rktKind": "stage1", "rktVersion": "v1", "name": "…", "version": "…", "location": "…" }
 *   { "rktKind": "stage1Policy", "rktVersion": "v1", "annotationMayLower": false,
 *     "levels": ["coreos.com/rkt/stage1-fly", "coreos.com/rkt/stage1-coreos",
 *                "coreos.com/rkt/stage1-kvm"] }
 *
 * A value counts for itself: one that a later place leaves out is kept.  Two
 * files of one place that set the same value, unknown kinds, versions and
 * fields are errors.
 *
 * Source:     rkt/rkt, Documentation/configuration.md; stage1Policy is ours.
 * Errors:     -EINVAL with err naming file and field; -errno.  A missing place
 *             or folder is none.
 * Ownership:  strings belong to the arena; NULL: not configured.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/error.h"

struct config_places {
	const char *vendor;
	const char *machine;
	const char *user; /* NULL or "": none */
};

struct config_stage1 {
	const char *name; /* together with version: looked up in the store first */
	const char *version;
	const char *location; /* a file path, when the store does not have it */
};

/* Which stage1 a pod's annotation may ask for. */
struct config_stage1_policy {
	bool annotation_may_lower;
	/* Image names without version, from the least isolation to the most. */
	const char *const *levels;
	size_t n_levels;
};

struct config {
	const char *data;
	const char *stage1_images;
	struct config_stage1 stage1;
	struct config_stage1_policy policy; /* complete, with its defaults */
};

int config_read(struct arena *arena, const struct config_places *places, struct config *ret,
		struct error *err) MUST_CHECK;

/* The configuration of a machine without any file. */
void config_defaults(struct config *ret);

/*
 * Whether a pod may ask for the stage1 named wanted instead of the one named
 * chosen: 0, or -EPERM with err saying why not.
 */
int config_stage1_may_replace(const struct config_stage1_policy *policy, const char *chosen,
			      const char *wanted, struct error *err) MUST_CHECK;
