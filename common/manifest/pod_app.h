/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_app.h - an element of a pod manifest's "apps", from JSON and back; for this room only.
 */
#pragma once

#include "common/json/json_decoder.h"
#include "common/json/json_writer.h"
#include "common/manifest/pod_manifest.h"

extern const struct json_table pod_app_table; /* struct pod_app */

void pod_app_put(struct json_writer *writer, const char *key, const struct pod_app *app);
