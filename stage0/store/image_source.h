/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_source.h - what a user's word for an image means: the one place that tells
 * its forms apart.
 *
 *   NAME[:VERSION][,LABEL=VALUE]…            an image of the store, or to be discovered
 *   sha512-DIGITS                            an id, or an unambiguous start of one
 *   PATH, file://PATH                        an image file
 *   http://…, https://…                      an image file on a server
 *   oci:DIR[:REF]                            an OCI image layout
 *   oci-archive:FILE[:REF]                   the same as one tar archive
 *   docker-archive:FILE[:REF]                what `docker save` and `podman save` write
 *   docker://[REGISTRY/]NAME[:TAG|@DIGEST]   an image of a registry
 *   containers-storage:NAME                  an image of podman's and buildah's storage
 *
 * A PATH is what starts with /, ./ or ../, ends in .aci, or is the name of something in the
 * working directory: so rkt has it (Documentation/image-fetching-behavior.md).  As with skopeo,
 * the first colon ends a DIR or a FILE.
 *
 * Ownership:  strings point into the text or belong to the arena.
 * Errors:     -EINVAL: a scheme that is none of these, or nothing behind it; -ENOMEM.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"

enum image_source_kind {
	IMAGE_SOURCE_NAME,
	IMAGE_SOURCE_ID,
	IMAGE_SOURCE_FILE,
	IMAGE_SOURCE_HTTP,
	IMAGE_SOURCE_HTTPS,
	IMAGE_SOURCE_OCI_LAYOUT,
	IMAGE_SOURCE_OCI_ARCHIVE,
	IMAGE_SOURCE_DOCKER_ARCHIVE,
	IMAGE_SOURCE_REGISTRY,
	IMAGE_SOURCE_CONTAINERS_STORAGE,
};

struct image_source {
	enum image_source_kind kind;
	const char *text;      /* as the user wrote it, for messages */
	const char *location;  /* a path, a whole URL, a name, an id; without oci: and the like */
	const char *reference; /* REF of layouts and archives; NULL: none given */
};

int image_source_parse(struct arena *arena, const char *text, struct image_source *ret,
		       struct error *err) MUST_CHECK;

/* Whether it is in a format of OCI or Docker, to be turned into one of App Container. */
bool image_source_is_container(const struct image_source *source);
