/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_manifest.h - a pod manifest, read strictly; what stage0 hands to stage1.
 *
 * Source:     App Container spec 0.8.11, pods.md, and what rkt adds to it:
 *             userAnnotations, userLabels, mounts[].appVolume, ports[].hostIP and
 *             .podPort, volumes[].recursive, .mode, .uid and .gid.
 * Checked here, beside the fields one by one: apps and volumes have names of
 *             their own; each mount's volume exists; a forwarded port's name
 *             belongs to one app only.
 * Errors, ownership, unknown fields: as image_manifest.h.
 */
#pragma once

#include "common/manifest/image_manifest.h"

enum volume_kind { VOLUME_HOST, VOLUME_EMPTY };

struct volume {
	const char *name;
	enum volume_kind kind;
	const char *source; /* host: absolute path; else NULL */
	bool has_read_only; /* false: the app's mount point says */
	bool read_only;
	bool has_recursive; /* false: the isolator's default */
	bool recursive;
	uint32_t mode; /* empty: permission bits, default 0755 */
	uint32_t uid, gid;
};

struct app_mount {
	const char *volume; /* name of a volume of the pod, unless app_volume */
	const char *path;   /* in the app's root; or the name of a mount point */
	bool read_only;
	const struct volume *app_volume; /* NULL: none */
};

struct pod_app {
	const char *name;
	const char *image_id;   /* "sha512-…" */
	const char *image_name; /* NULL: not given */
	struct manifest_pairs image_labels;
	const struct app *app; /* NULL only in manifests given to rkt by hand */
	bool read_only_rootfs;
	const struct app_mount *mounts;
	size_t n_mounts;
	struct manifest_pairs annotations;
};

struct pod_port {
	const char *name;
	uint16_t host_port;
	const char *host_ip;      /* NULL: all */
	uint16_t pod_port;        /* 0: look the name up in the apps' ports */
	const char *pod_protocol; /* NULL unless pod_port is given */
};

struct pod_manifest {
	const char *ac_version;
	const struct pod_app *apps;
	size_t n_apps;
	const struct volume *volumes;
	size_t n_volumes;
	const struct isolator *isolators;
	size_t n_isolators;
	struct manifest_pairs annotations;
	const struct pod_port *ports;
	size_t n_ports;
	struct manifest_pairs user_annotations;
	struct manifest_pairs user_labels;
};

/* As image_manifest_parse(). */
int pod_manifest_parse(struct arena *arena, const struct json_source *source,
		       struct pod_manifest *ret, struct error *err) MUST_CHECK;

/* Appends compact JSON, keys in the order the original rkt writes them. */
int pod_manifest_write(const struct pod_manifest *manifest, struct text *out) MUST_CHECK;
