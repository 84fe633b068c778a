/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifests.h - manifests as whoever registers a pod sends them: read strictly, or refused.
 *
 * Ownership: what is parsed belongs to the arena.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/text.h"
#include "common/manifest/pod_manifest.h"

int manifests_parse_pod(struct arena *arena, const struct text *text, struct pod_manifest *ret,
			struct error *err) MUST_CHECK;
int manifests_parse_image(struct arena *arena, const struct text *text, struct image_manifest *ret,
			  struct error *err) MUST_CHECK;
