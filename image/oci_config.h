/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_config.h - an image's configuration: how its program runs, and its layers.
 *
 * Source:     OCI image-spec, config.md; Docker's "Image JSON" has the same fields.
 * Ownership:  everything belongs to the arena; strings are NULL when not given, lists
 *             are pointer + n_.
 * Errors:     -EINVAL, -EFBIG, -ENOMEM; err names place, field and value.
 */
#pragma once

#include "image/oci_descriptor.h"

struct oci_pair {
	const char *name, *value;
};

struct oci_strings {
	const char *const *items;
	size_t n;
};

/* The "config" object. */
struct oci_run_config {
	const char *user, *working_directory, *stop_signal;
	struct oci_strings entrypoint, command, environment;
	struct oci_strings ports, volumes; /* the names of objects that are sets */
	const struct oci_pair *labels;
	size_t n_labels;
};

struct oci_config {
	const char *created, *author;
	struct oci_platform platform;
	struct oci_run_config run;
	const struct digest *diff_ids; /* of the unpacked layers, the lowest first */
	size_t n_diff_ids;
};

int oci_config_parse(struct arena *arena, const struct oci_text *text, struct oci_config *ret,
		     struct error *err) MUST_CHECK;
