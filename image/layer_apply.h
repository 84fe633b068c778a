/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer_apply.h - one layer's tar stream onto the tree; for this folder only.
 *
 * Names:      as those of an image file (image_extract.h), but a slash in front is fine.
 * Device nodes are left out and counted: a pod has its own /dev, and nothing of an
 *             image could be used as a device.
 * Verified:   nothing: the sender has done that, and ends the stream with an error otherwise.
 */
#pragma once

#include "image/image_extract.h"
#include "image/layer_stream.h"
#include "image/squash_tree.h"

struct layer_counts {
	uint32_t n_entries, n_devices;
	uint64_t unpacked_bytes;
};

struct layer {
	struct layer_stream *stream;
	uint32_t max_entries; /* of all layers */
	uint64_t max_bytes;
};

/* Reads the stream to the layer's end; adds to *counts. */
int layer_apply(struct squash_tree *tree, const struct layer *layer, struct layer_counts *counts,
		struct error *err) MUST_CHECK;
