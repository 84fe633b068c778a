/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_export.h - a manifest and a directory tree as an image file.
 *
 * The archive is written by rkt-image: the order of our own builder, the times of the files
 * in whole seconds.  So an image that `aci build` has made comes out as the same bytes; one of
 * another maker may get another id, which ret_id tells.
 *
 * Sockets are left out, and counted: no archive can hold one.
 *
 * Errors:     of reading the tree and writing the file; -EEXIST.  Nothing is left behind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"
#include "stage0/store/store.h"

struct store_export {
	int rootfs;  /* a directory that nobody changes meanwhile */
	int archive; /* FD_NONE; else the image's archive to be read instead, which is not trusted:
			rootfs is then any directory, for a cell */
	const struct text *manifest; /* as it goes into the archive */
	const char *path;            /* the file */
	bool overwrite;              /* one that is there is replaced */
	bool packed;                 /* with gzip */
	uint32_t first_id, n_ids; /* ids from first_id on become those from 0 on; n_ids 0: none */
};

struct store_exported {
	char id[STORE_ID_SIZE];
	uint64_t n_sockets;
};

int store_export(const struct store_export *wanted, struct store_exported *ret,
		 struct error *err) MUST_CHECK;
