/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the "app" object, which images and pods share; for this room only.
 */
#pragma once

#include "common/json/json_decoder.h"
#include "common/json/json_writer.h"
#include "common/manifest/image_manifest.h"

extern const struct json_table app_table;        /* struct app */
extern const struct json_table image_port_table; /* struct image_port */

void app_put(struct json_writer *writer, const char *key, const struct app *app);
void image_port_put(struct json_writer *writer, const char *key, const struct image_port *port);
