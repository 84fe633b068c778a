/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_get.h - one resource of a server into a file, resumed when the connection breaks off.
 *
 * A transfer that breaks is taken up where it ended, as long as each attempt brings something
 * and the server says that it is still the same; else it begins anew.
 *
 * Units:      bytes, seconds.
 * Ownership:  the file stays the caller's.
 * Errors:     as of http_transfer.h; -ENOSPC and others of writing.  What is in the file after a
 *             failure is a beginning of the resource if part is known, else nothing.
 */
#pragma once

#include "stage0/fetch/fetch.h"

#define FETCH_VALIDATOR_SIZE 256

/* What is known of a resource of which a part is there. */
struct fetch_part {
	char etag[FETCH_VALIDATOR_SIZE];
	char last_modified[FETCH_VALIDATOR_SIZE];
	bool has_total;
	uint64_t total;
};

struct fetch_target {
	const char *url;
	const char *title; /* of the progress bar; NULL: none */
	uint64_t max_bytes;
	const char *if_none_match; /* NULL: get it in any case */
	bool once;                 /* not worth a second connection */
	int file;                  /* empty, or a part of the resource */
	struct fetch_part part;    /* what it is a part of; zeroed: of nothing */
	/* Called before the first byte of a new resource is written.  May be NULL. */
	int (*begun)(void *context, const struct fetch_part *part, struct error *err);
	void *context;
};

struct fetch_answer {
	unsigned status; /* 200, 206: the file is complete; 304: not modified; 202: not yet */
	uint64_t max_age_s;
	char etag[FETCH_VALIDATOR_SIZE];
};

int fetch_get(const struct fetch *fetch, const struct fetch_target *target,
	      struct fetch_answer *ret, struct error *err) MUST_CHECK;

/* Something small, into a file without a name, at its beginning.  Returns 200, or 202: not yet. */
int fetch_get_small(const struct fetch *fetch, const char *url, uint64_t max_bytes, int *ret_file,
		    struct error *err) MUST_CHECK;
