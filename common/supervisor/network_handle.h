/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_handle.h - the path by which plugins reach a pod's network namespace.
 *
 * Nothing is mounted: the namespace is held by an open file of this process, and
 * /var/run/netns/cni-UUID, where others keep mounts, is a link to /proc/PID/fd/N.  ip(8) can use
 * it all the same.  Where the link cannot be made, the path is that of the file itself.
 *
 * Crash:      a link may stay behind; gc removes it (network_handle_unlink()).
 * Ownership:  the handle owns the namespace's fd.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/cni/cni_result.h"

#define NETWORK_HANDLE_DIRECTORY "/var/run/netns"
#define NETWORK_HANDLE_PATH_SIZE 96

struct network_handle {
	int fd;                              /* FD_NONE: none */
	char path[NETWORK_HANDLE_PATH_SIZE]; /* "": no namespace */
};

#define NETWORK_HANDLE_NONE                                                                        \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

/* Takes over fd, whatever happens.  uuid: of the pod. */
int network_handle_open_consume(int fd, const char *uuid, struct network_handle *ret,
				struct error *err) MUST_CHECK;

/*
 * A namespace with an interface that has the addresses of a result: many plugins find what is to be
 * undone on the host by what they find in the pod, and leave it there when the pod is gone.
 */
int network_handle_make_stand_in(const char *interface, const struct cni_result *result,
				 struct network_handle *ret, struct error *err) MUST_CHECK;

void network_handle_unlink(const char *uuid);

/* The UUID in the name of such a link, "cni-UUID"; NULL: it is none. */
const char *network_handle_uuid(const char *name);

/* Whether there is such a link for it. */
bool network_handle_is_named(const struct network_handle *handle);

/* Closes the namespace's file; the link stays. */
void network_handle_release(struct network_handle *handle);
