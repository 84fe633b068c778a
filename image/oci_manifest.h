/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_manifest.h - an image manifest of App Container for an image of OCI; for this folder
 * only.
 *
 * Entrypoint and Cmd together are the program, and each an annotation appc.io/docker/…;
 * Env, WorkingDir, StopSignal (appc.io/executor/stop-signal); User, whose group is, when not given,
 * that of the image's passwd; Volumes: mount points volume-PATH; ExposedPorts: PORT-PROTOCOL;
 * Labels: userLabels, which take any name; created, author: annotations created, authors.  The
 * tag is the label version.
 * Source:     rkt's docker2aci names the same things so.
 */
#pragma once

#include "common/base/text.h"
#include "image/oci_config.h"
#include "image/oci_origin.h"

/* Appends the manifest; rootfs_fd: for /etc/passwd.  -EINVAL: what App Container cannot say. */
int oci_manifest_write(const struct oci_config *config, const struct oci_origin *origin,
		       int rootfs_fd, struct text *out, struct error *err) MUST_CHECK;
