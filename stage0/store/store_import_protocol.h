/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_import_protocol.h - how rkt and rkt-image talk.
 *
 *   rkt-image NAME [OPTION]…
 *
 * NAME is how messages call the image; of a layout or archive its path, which is not opened;
 * for skopeo the reference, with its scheme.
 *
 *   --quiet            no progress bar
 *   --format=FORMAT    what descriptor 4 is: "aci" (this is assumed), "oci" or "docker"; or
 *                      "skopeo": nothing, skopeo finds it by NAME
 *   --reference=REF    which image of a layout or archive
 *   --update           of skopeo: ask, although the store has had the same NAME
 *   --store-only       of skopeo: do not ask at all
 *   --id=ID            what the image must turn out to be; another one is refused
 *   --login            of skopeo: descriptor 4 holds a registry, a user and a password, each ended
 *                      by a NUL
 *
 * Descriptors: 3 the store's directory (DIR/cas), 4 the image file at its
 * beginning, or a layout's directory, 5 the write end of a pipe for one struct error: a failure, or
 * code 0 with the id of the imported image as its text.
 */
#pragma once

#define IMPORT_FD_CAS        3
#define IMPORT_FD_SOURCE     4
#define IMPORT_FD_RESULT     5
#define IMPORT_FDS           3

#define IMPORT_QUIET         "--quiet"
#define IMPORT_UPDATE        "--update"
#define IMPORT_STORE_ONLY    "--store-only"
#define IMPORT_LOGIN         "--login"
#define IMPORT_FORMAT        "--format="
#define IMPORT_REFERENCE     "--reference="
#define IMPORT_ID            "--id="

#define IMPORT_FORMAT_ACI    "aci"
#define IMPORT_FORMAT_OCI    "oci"
#define IMPORT_FORMAT_DOCKER "docker"
#define IMPORT_FORMAT_SKOPEO "skopeo"
