/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract_data.h - the bytes of one file, with holes where they are zero; for this
 * folder only.
 */
#pragma once

#include <stdint.h>

#include "image/tar_reader.h"

#define EXTRACT_BUFFER_BYTES ((size_t)256 << 10)

/* Fills a new, empty file with all the data of the current entry.  buffer: EXTRACT_BUFFER_BYTES. */
int extract_data(int fd, struct tar_reader *data, unsigned char *buffer,
		 struct error *err) MUST_CHECK;

/* Writes length bytes at offset; runs of zeros of a whole block are left out. */
int extract_data_write(int fd, const unsigned char *bytes, size_t length, uint64_t offset,
		       struct error *err) MUST_CHECK;
