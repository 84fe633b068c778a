/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_receive.h - the writing half of an import: squashes the layers that come through a pipe into
 * a directory, makes the manifest and finds the image's id; for this folder only.
 *
 * Process:    blocking; meant for a process of its own, after image_confine().
 * Reproducible: the same image gives the same files, times included, and the same id.
 */
#pragma once

#include "image/image_extract.h"
#include "image/oci_import.h"

struct oci_receiving {
	int pipe_fd; /* behind the origin's frame */
	int target_fd;
	int output_fd; /* FD_NONE: only the id */
	enum image_compression compression;
	const struct oci_origin *origin;
	/* Told when the tree is as it will be, and only its id is to be found yet; may be NULL. */
	void (*written)(void *context);
	void *context;
	uint64_t max_bytes;   /* unpacked; 0: IMAGE_MAX_BYTES */
	uint32_t max_entries; /* 0: IMAGE_MAX_ENTRIES */
};

int oci_receive(const struct oci_receiving *receiving, struct oci_result *ret,
		struct error *err) MUST_CHECK;
