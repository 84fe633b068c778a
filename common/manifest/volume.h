/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume.h - a volume of a pod or of one app, from JSON and back; for this room only.
 */
#pragma once

#include "common/json/json_decoder.h"
#include "common/json/json_writer.h"
#include "common/manifest/pod_manifest.h"

int volume_decode(struct json_decoder *decoder, const struct json_value *value,
		  struct volume *ret) MUST_CHECK;
void volume_put(struct json_writer *writer, const char *key, const struct volume *volume);
