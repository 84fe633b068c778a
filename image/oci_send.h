/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_send.h - the reading half of an import: finds the image, verifies its blobs and writes
 * their unpacked bytes to a pipe; for this folder only.
 *
 * Process:    blocking; meant for a process of its own, confined, whose only file is the
 *             source.  Ends early without a word when nobody reads the pipe any more.
 * Limits:     those of struct archive_limits, over all layers.
 */
#pragma once

#include "image/image_extract.h"
#include "image/oci_resolve.h"

struct oci_sending {
	int source_fd;
	int pipe_fd;
	struct oci_wanted wanted;
	struct archive_limits limits;
	/* Before the layers, with the packed bytes of all; then with those read so far. */
	void (*begin)(uint64_t packed_bytes, void *context);
	image_progress_fn progress;
	void *progress_context;
};

/* What fails is told through the pipe; returns whether all was sent. */
bool oci_send(const struct oci_sending *sending);
