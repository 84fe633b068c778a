/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_name.h - "[REGISTRY/]REPOSITORY[:TAG][@DIGEST]", and the App Container name made of it.
 *
 * As rkt names them: "redis" of Docker's own registry is
 * "registry-1.docker.io/library/redis".  A first element is a registry when it has a
 * dot or a colon in it or is "localhost".  What App Container's grammar lacks (upper case, ":",
 * "_" twice …) becomes "-".
 *
 * Ownership:  everything belongs to the arena.
 * Errors:     -EINVAL: nothing is left that could be a name; -ENOMEM.
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"

#define OCI_DOCKER_REGISTRY "registry-1.docker.io"

struct oci_name {
	const char *registry;   /* "": none, as for a plain word in a layout */
	const char *repository; /* "library/redis" */
	const char *tag;        /* "": none */
	const char *identifier; /* registry and repository as an AC Identifier */
};

/* is_docker: what names no registry belongs to Docker's, and has the tag "latest". */
int oci_name_parse(struct arena *arena, const char *text, bool is_docker, struct oci_name *ret,
		   struct error *err) MUST_CHECK;

/* A file's name as a repository: "/a/redis.oci.tar" is "redis"; tag may be NULL. */
int oci_name_of_file(struct arena *arena, const char *path, const char *tag, struct oci_name *ret,
		     struct error *err) MUST_CHECK;

/* Words of letters and digits and single separators of the set; NULL: out of memory or nothing. */
const char *oci_sanitize(struct arena *arena, const char *text, const char *separators) MUST_CHECK;
