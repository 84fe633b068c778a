/* SPDX-License-Identifier: Apache-2.0 */
#include "image/compression.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "image/tar_header.h"

static const struct {
	const char *name;
	const char *magic; /* NULL: none */
	size_t magic_length;
} compressions[] = {
	[IMAGE_COMPRESSION_NONE] = { "none", NULL, 0 },
	[IMAGE_COMPRESSION_GZIP] = { "gzip", "\x1f\x8b\x08", 3 },
	[IMAGE_COMPRESSION_BZIP2] = { "bzip2", "BZh", 3 },
	[IMAGE_COMPRESSION_XZ] = { "xz", "\xfd\x37\x7a\x58\x5a\x00", 6 },
	[IMAGE_COMPRESSION_ZSTD] = { "zstd", "\x28\xb5\x2f\xfd", 4 },
};

const char *image_compression_name(enum image_compression compression)
{
	return compressions[compression].name;
}

int image_compression_parse(const char *name, enum image_compression *ret)
{
	for (size_t i = 0; i < ARRAY_LENGTH(compressions); i++) {
		if (strcmp(compressions[i].name, name) == 0) {
			*ret = (enum image_compression)i;
			return 0;
		}
	}
	return -EINVAL;
}

int image_compression_detect(const unsigned char *start, size_t length, enum image_compression *ret)
{
	for (size_t i = 0; i < ARRAY_LENGTH(compressions); i++) {
		size_t n = compressions[i].magic_length;

		if (n == 0 || length < n || memcmp(start, compressions[i].magic, n) != 0)
			continue;
		*ret = (enum image_compression)i;
		return 0;
	}
	/* A tar archive has no magic at its start, but a checksum in its first block. */
	if (length < TAR_BLOCK_SIZE || !tar_block_sums_up(start))
		return -EINVAL;
	*ret = IMAGE_COMPRESSION_NONE;
	return 0;
}
