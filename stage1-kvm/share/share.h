/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - directories and files of the host in a guest: virtiofs, served by virtiofsd(1).
 *
 * What the guest gets is the mount that is handed over and nothing beside it: the server's
 * root is that mount (its own sandbox pivots into it), so a read-only mount is read-only for
 * a guest that ignores it, and nodev and nosuid hold on the host's side, too.
 *
 * Jail:       mount, pid, net and ipc namespaces of its own; a root that holds only the
 *             share; virtiofsd's seccomp filter; no-new-privileges; not CAP_MKNOD, and of the
 *             other capabilities those that keep ownership (chown, dac_override, fowner,
 *             fsetid, setgid, setuid, setfcap).  Its uid is root's, because files keep the owners
 *             that the guest gives them; see docs/SECURITY.md.
 * Life:       a child of the caller: the kernel kills it with its parent, and the end of its
 *             process ends its pid namespace.  It ends by itself when the hypervisor closes
 *             the connection.
 * Place:      the working directory is the pod's; a socket has a name in it for a moment.
 * A file:     is shared as a directory, read-only, that holds it under its name.
 * Coherence:  nothing that the other side may have changed is taken from a cache at open.
 *
 * Ownership:  a struct share owns its fds and its process.
 * Errors:     -ENOENT: there is no virtiofsd; else -errno, err names the share.
 * Processes:  single-threaded ones only (see common/process/child.h); not between clone and exec.
 */
#pragma once

#include "common/process/child.h"

struct share_request {
	const char *name; /* of the volume: for messages */
	int tree; /* a detached mount (common/mount/mount_tree.h), borrowed; its flags count */
	const char *file; /* the tree is a file, seen under this name; NULL: a directory */
	bool read_only;   /* of the directory made for a file; the tree's own flag is in it */
	int cgroup_fd;    /* a v2 cgroup to be born in; FD_NONE: the caller's */
	/* In the child, to join cgroups of v1; NULL: nothing to do. */
	int (*join)(void *context, struct error *err);
	void *context;
};

struct share {
	struct child server;
	int socket; /* connected, vhost-user: the hypervisor's */
	int words;  /* what the server says, see share_last_words() */
};

#define SHARE_NONE                                                                                 \
	{                                                                                          \
		.server = CHILD_NONE, .socket = FD_NONE, .words = FD_NONE                          \
	}
#define auto_share CLEANUP(share_stop)

/* The file server's program on this host; NULL: there is none. */
const char *share_program(void);

int share_start(const struct share_request *request, struct share *ret,
		struct error *err) MUST_CHECK;

/* Fills err with why a server has ended; -err->code.  Never waits. */
int share_last_words(struct share *share, const char *name, struct error *err);

/* Kills and reaps the server, closes all. */
void share_stop(struct share *share);
