/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_export_protocol.h - how rkt has rkt-image write an image file.
 *
 *   rkt-image --export COMPRESSION FIRST COUNT
 *
 * COMPRESSION: none or gzip.  COUNT user and group ids from FIRST on become those from 0 on;
 * 0 0: as they are.
 *
 * Descriptors: 3 the root file system, 4 the manifest, 5 the file to be written, 6 the write
 * end of a pipe for one struct error: a failure, or code 0 with the id of the image and the
 * number of sockets that were left out as its text.
 */
#pragma once

#define EXPORT_OPTION      "--export"
#define EXPORT_FD_ROOTFS   3
#define EXPORT_FD_MANIFEST 4
#define EXPORT_FD_OUTPUT   5
#define EXPORT_FD_RESULT   6
