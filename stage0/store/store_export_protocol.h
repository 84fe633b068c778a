/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_export_protocol.h - how rkt has rkt-image write an image file.
 *
 *   rkt-image --export COMPRESSION FIRST COUNT
 *
 * COMPRESSION: none or gzip.  COUNT user and group ids from FIRST on become those from 0 on;
 * 0 0: as they are.
 *
 *   rkt-image --export-archive COMPRESSION FIRST COUNT
 *
 * The same of a tar archive, which nobody has checked: it is descriptor 6, and the pipe 7.  What
 * reads it sees nothing but the directory 3, and that read-only.
 *
 * Descriptors: 3 the root file system, 4 the manifest, 5 the file to be written, 6 the write
 * end of a pipe for one struct error: a failure, or code 0 with the id of the image and the
 * number of sockets that were left out as its text.
 */
#pragma once

#define EXPORT_OPTION               "--export"
#define EXPORT_ARCHIVE              "--export-archive"
#define EXPORT_FD_ROOTFS            3
#define EXPORT_FD_MANIFEST          4
#define EXPORT_FD_OUTPUT            5
#define EXPORT_FD_RESULT            6
#define EXPORT_FD_ARCHIVE           6 /* with EXPORT_ARCHIVE */
#define EXPORT_FD_RESULT_OF_ARCHIVE 7
