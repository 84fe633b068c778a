/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_peek_protocol.h - how rkt has rkt-image read the manifest of an image file.
 *
 *   rkt-image --manifest
 *
 * Descriptors: 3 an empty directory, all that the process will see; 4 the image file at its
 * beginning; 5 the write end of a pipe for one struct error: a failure, or code 0 and then the
 * bytes of the manifest, to the end.
 */
#pragma once

#define PEEK_OPTION    "--manifest"

#define PEEK_FD_ROOT   3
#define PEEK_FD_SOURCE 4
#define PEEK_FD_RESULT 5
#define PEEK_FDS       3
