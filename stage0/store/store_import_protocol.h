/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_import_protocol.h - how rkt and rkt-image talk.
 *
 *   rkt-image NAME [--quiet]      NAME: how messages call the image, not opened
 *
 * Descriptors: 3 the store's directory (DIR/cas), 4 the image file at its
 * beginning, 5 the write end of a pipe for one struct error: a failure, or code 0
 * with the id of the imported image as its text.
 */
#pragma once

#define IMPORT_FD_CAS    3
#define IMPORT_FD_SOURCE 4
#define IMPORT_FD_RESULT 5
#define IMPORT_FDS       3

#define IMPORT_QUIET     "--quiet"
