/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - the identifiers of types.md: AC Identifier, AC Name, image ids.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/error.h"

#define NAME_MAX_LENGTH       200  /* of an AC Name: room for a suffix within a file name's 255 */
#define IDENTIFIER_MAX_LENGTH 1024 /* of an AC Identifier */

/* "example.com/reduce-worker": images, annotations, labels. */
bool name_is_ac_identifier(const char *text);

/* "reduce-worker": apps, volumes, mount points, ports.  Safe as a file name. */
bool name_is_ac_name(const char *text);

/* "sha512-" and 32 … 128 lower-case hex digits. */
bool name_is_image_id(const char *text);

/* A semantic version of the spec that we read: "0.1.0" and later, "1.30.0+git". */
bool name_is_ac_version(const char *text);

/* An environment variable: letters, digits, "_", and as rkt allows, "." and "-"; no digit first. */
bool name_is_environment_variable(const char *text);

/* An AC Name made of an AC Identifier, as rkt names an app after its image: last path element,
 * sanitised.  -EINVAL: no AC Identifier, or too long; -ENOMEM. */
int name_from_identifier(struct arena *arena, const char *identifier, const char **ret) MUST_CHECK;
