/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_remote.h - remote/: which URL gave which image, and what is on its way from there.
 *
 * For each URL, by a hash of it (KEY; the files name the URL, so that a collision is only a miss):
 *   KEY.lock     held by whoever fetches the URL
 *   KEY.record   the image it gave, and what the server said about it
 *   KEY.head     what the server said of KEY.part, and in which life of the machine
 *   KEY.part     the beginning of a transfer that has not ended
 * A process that dies leaves a part, which the next one goes on with; one that a machine's crash
 * has left may have holes, and is thrown away.  An image file that is complete and verified goes
 * into the store at once and is kept no longer.
 *
 * Units:      seconds since the epoch.
 * Ownership:  a struct store_remote owns its lock; store_remote_release().
 * Errors:     -errno, err filled; -ENOENT no such record.
 */
#pragma once

#include "stage0/store/store.h"

#define STORE_VALIDATOR_SIZE 256

struct store_remote_record {
	char id[STORE_ID_SIZE];
	char etag[STORE_VALIDATOR_SIZE]; /* "": none */
	uint64_t max_age_s;
	uint64_t fetched_s; /* when the server last said that this is what there is */
	bool verified;      /* by a signature of a trusted key */
};

/* Of a part: what it is a part of. */
struct store_remote_head {
	char etag[STORE_VALIDATOR_SIZE];
	char last_modified[STORE_VALIDATOR_SIZE];
	bool has_total;
	uint64_t total;
};

struct store_remote {
	int dir; /* cas/remote */
	int lock;
	const char *url; /* the caller's */
	char key[17];
};

#define STORE_REMOTE_NONE                                                                          \
	{                                                                                          \
		.dir = FD_NONE, .lock = FD_NONE                                                    \
	}
#define auto_store_remote CLEANUP(store_remote_release)

/* Locks the URL; waits for whoever has it. */
int store_remote_open(const struct store *store, const char *url, struct store_remote *ret,
		      struct error *err) MUST_CHECK;
void store_remote_release(struct store_remote *remote);

/* The record of an URL whose image is in the store; needs no lock. */
int store_remote_find(const struct store *store, const char *url, struct store_remote_record *ret,
		      struct error *err) MUST_CHECK;

int store_remote_note(const struct store_remote *remote, const struct store_remote_record *record,
		      struct error *err) MUST_CHECK;

/* Opens the part, to be written; *ret_head is all zero when it is a new one, and empty. */
int store_remote_part(const struct store_remote *remote, int *ret_file,
		      struct store_remote_head *ret_head, struct error *err) MUST_CHECK;

/* Says of what the part, empty now, will be a part. */
int store_remote_begin(const struct store_remote *remote, const struct store_remote_head *head,
		       struct error *err) MUST_CHECK;

/* Takes the part away: it is complete and used, or of no use. */
void store_remote_end(const struct store_remote *remote);

/* Removes what is of URLs whose image is gone, and parts nobody has gone on with since then. */
int store_remote_collect(const struct store *store, uint64_t unused_since_s,
			 struct error *err) MUST_CHECK;
