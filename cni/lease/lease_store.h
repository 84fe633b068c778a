/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease_store.h - which address is whose, as files that Go's host-local understands.
 *
 * DIRECTORY/NETWORK/ADDRESS holds "CONTAINER\r\nINTERFACE"; last_reserved_ip.N the address that
 * was taken last from range set N; "lock" is locked with flock(2) meanwhile.  Both
 * programs may work on one directory.
 *
 * Crashes:    a lease appears whole, with link(2).  Nothing is synced: after a crash of the
 *             machine, no pod is left either, and an empty file is nobody's lease.
 * Locking:    an open store holds the lock; closing it lets go.
 * Ownership:  the struct owns its fds.
 * Errors:     -errno with err filled.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/cni/ip_address.h"

#define LEASE_OWNER_MAX 1024 /* bytes of a container's name that the store takes */

struct lease_owner {
	const char *container;
	const char *interface;
};

struct lease_store {
	int directory;
	int lock;
};

#define LEASE_STORE_NONE                                                                           \
	{                                                                                          \
		.directory = FD_NONE, .lock = FD_NONE                                              \
	}
#define auto_lease_store CLEANUP(lease_store_close)

/*
 * Opens, and waits for the lock.  make: what is missing is made; otherwise -ENOENT says that
 * there has never been a lease.
 */
int lease_store_open(const char *directory, const char *network, bool make, struct lease_store *ret,
		     struct error *err) MUST_CHECK;
void lease_store_close(struct lease_store *store);

/* 1: the address is the owner's now, and the last one taken from that set.  0: it is taken. */
int lease_store_take(const struct lease_store *store, const struct lease_owner *owner,
		     const struct ip_address *address, size_t set, struct error *err) MUST_CHECK;

/* The address taken last from a set; AF_UNSPEC: none. */
struct ip_address lease_store_last(const struct lease_store *store, size_t set);

/* Gives one address back; no error when nobody has it. */
int lease_store_free(const struct lease_store *store, const struct ip_address *address,
		     struct error *err) MUST_CHECK;

/* Is called with each lease; what is not 0 ends the walk and is returned. */
typedef int lease_visitor(const struct lease_store *store, const struct ip_address *address,
			  const struct lease_owner *owner, void *context);
int lease_store_visit(const struct lease_store *store, lease_visitor *visitor, void *context,
		      struct error *err) MUST_CHECK;

/* A lease without an interface (as old versions wrote them) is its container's. */
bool lease_owner_equal(const struct lease_owner *a, const struct lease_owner *b);
