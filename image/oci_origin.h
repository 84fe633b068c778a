/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_origin.h - where an image comes from: what its App Container manifest says about it
 * besides its configuration.
 *
 * Travels between the processes of an import as NUL-terminated strings.
 *
 * Ownership:  strings belong to whoever made them; none is NULL, "" is "unknown".
 */
#pragma once

#include "common/base/text.h"
#include "image/digest.h"

struct oci_origin {
	const char *identifier;    /* an AC Identifier: the image's name */
	const char *tag;           /* its version */
	const char *original_name; /* as the user or the archive calls it */
	const char *registry, *repository;
	const char *manifest_digest; /* "" for docker-archive, which has no manifest */
	const char *config_digest;
};

#define OCI_ORIGIN_STRINGS   7
#define OCI_ORIGIN_MAX_BYTES ((size_t)64 << 10)

/* Failures stick to out. */
void oci_origin_write(const struct oci_origin *origin, struct text *out);

/* Strings point into bytes.  -EPROTO: that is no origin. */
int oci_origin_read(const char *bytes, size_t length, struct oci_origin *ret) MUST_CHECK;

/*
 * What tells one result from another: the same image under the same name gives the
 * same key, as long as the conversion is the same.
 */
int oci_origin_key(const struct oci_origin *origin, struct digest *ret) MUST_CHECK;
