/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_peek_protocol.h - how rkt has rkt-image read an image file that it does not import.
 *
 *   rkt-image --manifest     the manifest, as root
 *   rkt-image --check        all of it, as who is not root and cannot import
 *
 * Descriptors: 3 an empty directory, all that root's process will see (--check: not looked at);
 * 4 the image file at its beginning; 5 the write end of a pipe for one struct error: a failure, or
 * code 0, with the image's id as its text if all of it was checked, and then the bytes of the
 * manifest, to the end.
 */
#pragma once

#define PEEK_OPTION    "--manifest"
#define PEEK_CHECK     "--check"

#define PEEK_FD_ROOT   3
#define PEEK_FD_SOURCE 4
#define PEEK_FD_RESULT 5
#define PEEK_FDS       3
