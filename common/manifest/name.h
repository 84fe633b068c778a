/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - the identifiers of types.md: AC Identifier, AC Name, image ids.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/error.h"

/* "example.com/reduce-worker": images, annotations, labels. */
bool name_is_ac_identifier(const char *text);

/* "reduce-worker": apps, volumes, mount points, ports.  Safe as a file name. */
bool name_is_ac_name(const char *text);

/* "sha512-" and 32 … 128 lower-case hex digits. */
bool name_is_image_id(const char *text);

/* An AC Name made of an AC Identifier, as rkt names an app after its image: last path element,
 * sanitised. */
int name_from_identifier(struct arena *arena, const char *identifier, const char **ret) MUST_CHECK;
