/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_quarantine.h - an image on its way into the store.
 *
 * A directory below cas/tmp with the lock of the process that fills it.  What
 * is in it becomes part of the store by one rename, or vanishes; a directory whose
 * lock nobody holds is what a dead process left, and store_collect() removes it.
 *
 * Ownership:  a struct store_quarantine owns its fds; release does not remove.
 * Errors:     -errno, err filled; -ENOSPC above all.
 */
#pragma once

#include <stdbool.h>

#include "stage0/store/store_record.h"

#define STORE_QUARANTINE_NAME_SIZE 48

struct store_quarantine {
	char name[STORE_QUARANTINE_NAME_SIZE]; /* below cas/tmp */
	int dir;                               /* that directory, locked */
	int tree;                              /* the empty directory in it that is to be filled:
						  manifest and rootfs/ */
	bool is_settled;                       /* by store_quarantine_settle() */
};

#define STORE_QUARANTINE_NONE                                                                      \
	{                                                                                          \
		.dir = FD_NONE, .tree = FD_NONE                                                    \
	}

#define auto_store_quarantine CLEANUP(store_quarantine_release)

int store_quarantine_open(const struct store *store, struct store_quarantine *ret,
			  struct error *err) MUST_CHECK;

/*
 * Sums the filled tree up and writes it to disk: most of the time that publishing takes, for
 * who has something else to wait for.  Neither tree/manifest nor tree/rootfs may change any more.
 */
int store_quarantine_settle(struct store_quarantine *quarantine, struct error *err) MUST_CHECK;

/*
 * Moves the filled tree into the store, durably, as the image of the record.  One
 * that is there already stays, and only its import time becomes the record's.
 */
int store_quarantine_publish(const struct store *store, struct store_quarantine *quarantine,
			     const struct store_record *record, struct error *err) MUST_CHECK;

/* Moves the filled tree into the store as tree_id; one that is there stays.  Not yet synced. */
int store_quarantine_move(const struct store *store, const struct store_quarantine *quarantine,
			  const char *tree_id, struct error *err) MUST_CHECK;

/*
 * The same for an image whose tree is in the store: it gets a new import time, and
 * is in the store again if it was removed while a pod used the tree.
 */
int store_renew(const struct store *store, const struct store_record *record,
		struct error *err) MUST_CHECK;

/* Removes the directory with all that is left in it. */
int store_quarantine_drop(const struct store *store, struct store_quarantine *quarantine,
			  struct error *err) MUST_CHECK;

void store_quarantine_release(struct store_quarantine *quarantine);
