/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_request.h - what rkt asks of rkt-fetch: fetch_protocol.h.
 *
 * Ownership:  strings belong to the arena.
 * Errors:     -EINVAL with err naming the field.
 */
#pragma once

#include "common/manifest/image_manifest.h"
#include "stage0/fetch_helper/http_transfer.h"

struct fetch_request {
	const char *operation;
	struct http_policy policy; /* credentials point to the next member, or are NULL */
	struct auth_entry credentials;
	const char *url;
	uint64_t offset, max_bytes;
	const char *validator, *if_none_match;
	const char *name;
	struct manifest_pairs labels;
	const char *const *fingerprints;
	size_t n_fingerprints;
};

/* Reads the request from its descriptor. */
int fetch_request_read(struct arena *arena, struct fetch_request *ret,
		       struct error *err) MUST_CHECK;
