/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_descriptor.h - what a document of OCI says about a blob.
 *
 * Source:     OCI image-spec, descriptor.md; Docker's manifest schema 2 is a subset.
 * Unknown fields are ignored, as the specification demands.
 * Ownership:  everything belongs to the decoder's arena.
 */
#pragma once

#include <stdint.h>

#include "common/json/json_decoder.h"
#include "image/digest.h"

#define OCI_DOCUMENT_MAX_BYTES ((size_t)1 << 20)

struct oci_platform {
	const char *os, *architecture, *variant; /* NULL: not given */
};

struct oci_descriptor {
	const char *media_type; /* NULL: not given */
	struct digest digest;
	uint64_t size_bytes;
	struct oci_platform platform;
	const char *reference; /* annotation org.opencontainers.image.ref.name, or NULL */
	const char *full_name; /* annotation io.containerd.image.name, or NULL */
};

extern const struct json_table oci_descriptor_table; /* struct oci_descriptor */

/* "blobs/sha256/0a1b…", in the arena; NULL: out of memory. */
const char *oci_blob_name(struct arena *arena, const struct digest *digest) MUST_CHECK;

/* Reads a document: JSON, then the table.  place: how messages call it. */
struct oci_text {
	const char *content;
	size_t length;
	const char *place;
};

int oci_decode(struct arena *arena, const struct oci_text *text, const struct json_table *table,
	       void *ret, struct error *err) MUST_CHECK;
