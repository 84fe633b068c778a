/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_namespace.h - network namespaces that are held by a file descriptor alone.
 *
 * Ownership:  *ret_fd is the caller's to close; the namespace goes with its last holder.
 * Errors:     -errno, err filled.  -EPERM: no CAP_SYS_ADMIN.
 * Processes:  call from a single-threaded process; it is back in its own namespace on return.
 */
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include "common/base/error.h"

/* That of a process. */
int network_namespace_of(pid_t pid, int *ret_fd, struct error *err) MUST_CHECK;

/* A new one; lo is down. */
int network_namespace_make(int *ret_fd, struct error *err) MUST_CHECK;

/* Calls the function in the namespace; returns what it does. */
int network_namespace_call(int fd, int (*function)(void *context, struct error *err), void *context,
			   struct error *err) MUST_CHECK;

struct stand_in_address {
	int family; /* AF_INET, AF_INET6 */
	unsigned char bytes[16];
	unsigned length; /* of the prefix, bits */
};

/*
 * An interface of that name with these addresses in the namespace: something that a plugin
 * finds, and deletes, when the real one has gone with its pod.  Needs /dev/net/tun.
 */
int network_namespace_add_stand_in(int fd, const char *name,
				   const struct stand_in_address *addresses, size_t n,
				   struct error *err) MUST_CHECK;
