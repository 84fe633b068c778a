/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_manifest.h - an image manifest, read strictly.
 *
 * Source:     App Container spec 0.8.11, aci.md and types.md, and what rkt adds to
 *             it: userAnnotations, userLabels, supplementaryGIDs, mountPoints[].recursive.
 * Unknown fields are refused, by their full path.  A manifest says how an app
 *             is confined, and a field nobody reads is a wish nobody grants: with
 *             "isolator" for "isolators" the app would run unlimited and no one
 *             would be told.  The list of known fields is closed, as the spec has
 *             had its last release.  null for an array or object means absent (rkt
 *             writes "isolators": null).
 * exec:       as execvp(3) takes it: an absolute path, a path relative to the
 *             working directory, or a plain name to be looked up in PATH.
 * Errors:     -EINVAL (content), -EFBIG, -ENOMEM, with err naming field, value and file.
 * Ownership:  everything belongs to the arena.  Strings are never NULL unless
 *             the comment says so; arrays are pointer + n_, NULL when n_ is 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/json/json_reader.h"
#include "common/manifest/isolator.h"

struct manifest_pair { /* label, annotation, environment variable, user label … */
	const char *name;
	const char *value;
};

struct manifest_pairs {
	const struct manifest_pair *items;
	size_t n;
};

struct manifest_strings {
	const char *const *items; /* NULL-terminated as well */
	size_t n;
};

struct mount_point {
	const char *name;
	const char *path; /* absolute */
	bool read_only;
	bool has_recursive; /* false: not given */
	bool recursive;
};

struct image_port {
	const char *name;
	const char *protocol; /* "tcp", "udp", or what else the image's author named */
	uint16_t port;
	uint32_t count; /* 1: the one port */
	bool socket_activated;
};

struct event_handler {
	const char *name; /* "pre-start" or "post-stop" */
	struct manifest_strings exec;
};

/* The "app" object: of an image, or of an app in a pod manifest. */
struct app {
	struct manifest_strings exec; /* may be empty in an image */
	const char *user;             /* name, number or /path */
	const char *group;
	const uint32_t *supplementary_gids;
	size_t n_supplementary_gids;
	const char *working_directory; /* NULL: not given */
	struct manifest_pairs environment;
	const struct mount_point *mount_points;
	size_t n_mount_points;
	const struct image_port *ports;
	size_t n_ports;
	const struct event_handler *event_handlers;
	size_t n_event_handlers;
	const struct isolator *isolators;
	size_t n_isolators;
	struct manifest_pairs user_annotations;
	struct manifest_pairs user_labels;
};

struct image_dependency {
	const char *image_name;
	const char *image_id; /* NULL: not given */
	struct manifest_pairs labels;
	uint64_t size_bytes; /* 0: not given */
};

struct image_manifest {
	const char *ac_version;
	const char *name;
	struct manifest_pairs labels;
	const struct app *app; /* NULL: the image has none */
	const struct image_dependency *dependencies;
	size_t n_dependencies;
	struct manifest_strings path_whitelist;
	struct manifest_pairs annotations;
};

#define MANIFEST_MAX_BYTES ((size_t)1 << 20)

/* source is the whole file; its limit is MANIFEST_MAX_BYTES, whatever it says itself. */
int image_manifest_parse(struct arena *arena, const struct json_source *source,
			 struct image_manifest *ret, struct error *err) MUST_CHECK;

/* Appends compact JSON, keys in the order the spec lists them. */
int image_manifest_write(const struct image_manifest *manifest, struct text *out) MUST_CHECK;

/* The value of a name, NULL when absent. */
const char *manifest_pairs_get(const struct manifest_pairs *pairs, const char *name);

/* The value of a label ("version"), NULL when absent: short for manifest_pairs_get(&m->labels, …).
 */
const char *image_manifest_label(const struct image_manifest *manifest, const char *name);
