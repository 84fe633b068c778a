/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compression.h - how the bytes of an image file are packed.
 *
 * Source: App Container spec, aci.md ("gzip, bzip2 or xz"); zstd is ours.
 */
#pragma once

#include <stddef.h>

#include "common/base/error.h"

enum image_compression {
	IMAGE_COMPRESSION_NONE,
	IMAGE_COMPRESSION_GZIP,
	IMAGE_COMPRESSION_BZIP2,
	IMAGE_COMPRESSION_XZ,
	IMAGE_COMPRESSION_ZSTD,
};

/* "none", "gzip", "bzip2", "xz" or "zstd". */
const char *image_compression_name(enum image_compression compression);

/* The reverse; -EINVAL for any other word. */
int image_compression_parse(const char *name, enum image_compression *ret) MUST_CHECK;

/* Tells from a file's first bytes (512 are enough).  -EINVAL: neither packed nor a tar header. */
int image_compression_detect(const unsigned char *start, size_t length,
			     enum image_compression *ret) MUST_CHECK;
