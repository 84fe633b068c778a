/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_select.h - which of several images is meant; for this folder only.
 *
 * Purity:     no system calls but uname(2).
 * Errors:     -ENOENT: none is; -ENOTUNIQ: several are; err lists what there is.
 */
#pragma once

#include "image/oci_index.h"

/* An entry of index.json, by reference (NULL: the only image there is). */
int oci_select_reference(struct arena *arena, const struct oci_document *index,
			 const char *reference, const struct oci_descriptor **ret,
			 struct error *err) MUST_CHECK;

/* An entry of an inner index, by this machine's platform. */
int oci_select_platform(const struct oci_document *index, const struct oci_descriptor **ret,
			struct error *err) MUST_CHECK;

struct docker_choice {
	const struct docker_item *item;
	const char *tag; /* the one that was meant, or its first; NULL: it has none */
};

/* An image of manifest.json. */
int oci_select_item(struct arena *arena, const struct docker_items *items, const char *reference,
		    struct docker_choice *ret, struct error *err) MUST_CHECK;
