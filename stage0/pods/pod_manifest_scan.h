/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_manifest_scan.h - names and images of a pod's apps, without reading all of its manifest.
 *
 * For the table of `list`, which has to look into a thousand manifests in a few
 * milliseconds: values that do not matter are skipped, nothing is built or checked.
 * Whatever is unusual (escapes in a name, a missing one, broken JSON) is left to the
 * real reader.
 *
 * Ownership: strings belong to the arena.
 */
#pragma once

#include "stage0/pods/pod_report.h"

/* 1: *ret_apps has name, image and image_id of each app; 0: use the reader; -ENOMEM. */
int pod_manifest_scan(struct arena *arena, const char *text, struct pod_report_app **ret_apps,
		      size_t *ret_n) MUST_CHECK;
