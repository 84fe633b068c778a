/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_index.h - the documents that lead to an image's layers.
 *
 * Source:     OCI image-spec, image-index.md and manifest.md; Docker's manifest lists and
 *             manifests of schema 2 have the same fields.  manifest.json is what
 *             `docker save` writes.
 * Ambiguity:  a document that is an index and a manifest at once is refused
 *             (CVE-2021-41190).
 * Ownership:  everything belongs to the arena.
 * Errors:     -EINVAL, -EFBIG, -ENOMEM; err names place, field and value.
 */
#pragma once

#include "image/oci_descriptor.h"

#define OCI_MAX_MANIFESTS 1024U
#define OCI_MAX_LAYERS    1000U

struct oci_document {
	const char *media_type; /* NULL: not given */
	bool is_index;          /* else an image manifest */
	const struct oci_descriptor *manifests;
	size_t n_manifests;
	const struct oci_descriptor *config; /* of a manifest: never NULL */
	const struct oci_descriptor *layers;
	size_t n_layers;
};

int oci_document_parse(struct arena *arena, const struct oci_text *text, struct oci_document *ret,
		       struct error *err) MUST_CHECK;

/* One image of manifest.json. */
struct docker_item {
	const char *config; /* file names in the archive */
	const char *const *layers;
	size_t n_layers;
	const char *const *tags; /* "example.com/app:v1" */
	size_t n_tags;
};

struct docker_items {
	const struct docker_item *items;
	size_t n;
};

int docker_items_parse(struct arena *arena, const struct oci_text *text, struct docker_items *ret,
		       struct error *err) MUST_CHECK;
