/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_file.h - what the commands of aci share about image files by name.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/manifest/image_manifest.h"

/* Opens a regular file to be read as an image; *ret_size is its size in bytes. */
int image_file_open(const char *path, int *ret_fd, uint64_t *ret_size,
		    struct error *err) MUST_CHECK;

/* Reads and validates the manifest of an open image, then goes back to the file's start. */
int image_file_manifest(int fd, const char *path, struct arena *arena, struct image_manifest *ret,
			struct error *err) MUST_CHECK;
