/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_resolve.h - from a layout or archive and a reference to one image's blobs.
 *
 * Formats:    an OCI layout (index.json), or what `docker save` writes (manifest.json);
 *             when both are there, the one that was asked for.
 * Choice:     by reference (a name of an index entry, a tag of manifest.json, "@" and a
 *             number, a digest); else what is there must be one image.  Of an index with
 *             several platforms, this machine's.
 * Verified:   size and digest of each document before it is read.  Layers are
 *             only listed.
 * Ownership:  everything belongs to the arena.
 * Errors:     -ENOENT: no such image, a missing blob; -EINVAL, -EFBIG, -ENOTUNIQ; err lists what
 *             there is to choose from.
 */
#pragma once

#include "image/blob_source.h"
#include "image/oci_config.h"
#include "image/oci_origin.h"

struct oci_layer {
	const char *name;            /* file name in the source */
	const struct digest *digest; /* of the file; NULL: only the diff id is known */
	bool has_size;
	uint64_t size_bytes;
};

struct oci_image {
	struct oci_origin origin;
	const char *config_text;
	size_t config_length;
	struct oci_config config; /* with as many diff ids as there are layers */
	const struct oci_layer *layers;
};

struct oci_wanted {
	bool prefers_docker;   /* docker-archive: manifest.json comes first */
	const char *path;      /* for the name, when the image has none of its own */
	const char *reference; /* NULL: the only one */
	const char *name;      /* the image's name, already known; NULL: from reference or path */
};

int oci_resolve(struct arena *arena, const struct blob_source *source,
		const struct oci_wanted *wanted, struct oci_image *ret,
		struct error *err) MUST_CHECK;
