/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_field.h - what the fields of both manifests have in common; for this room only.
 *
 * Checks return 0, or -EINVAL with the decoder's error filled.
 */
#pragma once

#include "common/json/json_decoder.h"
#include "common/json/json_writer.h"
#include "common/manifest/image_manifest.h"
#include "common/manifest/name.h"

int field_check_identifier(struct json_decoder *decoder, const char *string);
int field_check_name(struct json_decoder *decoder, const char *string);
int field_check_image_id(struct json_decoder *decoder, const char *string);
int field_check_version(struct json_decoder *decoder, const char *string);

/* Not empty and without control characters: users, protocols, labels of LSMs. */
int field_check_line(struct json_decoder *decoder, const char *string);

/* Absolute, shorter than PATH_MAX, without control characters. */
int field_check_path(struct json_decoder *decoder, const char *string);

/*
 * Lists of {"name": …, "value": …}; member is a struct manifest_pairs.  No name twice.
 * Labels: os and arch must be a combination the spec knows.  Annotations: created,
 * homepage and documentation must be what the spec says.
 */
int field_decode_labels(struct json_decoder *decoder, const struct json_value *value, void *member);
int field_decode_annotations(struct json_decoder *decoder, const struct json_value *value,
			     void *member);
int field_decode_environment(struct json_decoder *decoder, const struct json_value *value,
			     void *member);

/* An object of strings, {"key": "value"}; member is a struct manifest_pairs. */
int field_decode_map(struct json_decoder *decoder, const struct json_value *value, void *member);

/* acKind must be expected. */
int field_check_kind(struct json_decoder *decoder, const struct json_value *value,
		     const char *expected);

/* The writers' counterparts: a list of pairs, an object of strings. */
void field_put_pairs(struct json_writer *writer, const char *key,
		     const struct manifest_pairs *pairs);
void field_put_map(struct json_writer *writer, const char *key, const struct manifest_pairs *pairs);
void field_put_isolators(struct json_writer *writer, const struct isolator *items, size_t n);
