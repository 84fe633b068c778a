/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume.h - directories and files of the host, and empty ones, inside an app's root.
 *
 * Two steps, because they may belong to two processes: getting the volume as a
 * detached tree (which needs the host's paths and, for mapped users, the
 * host's root), and attaching it (in the app's own mount namespace).
 *
 * Flags:      nosuid and nodev on all of it, so that what a volume holds gives an
 *             app nothing that its image could not.  nodev is left out for a
 *             device node given as a volume and for sources in /dev.
 * Propagation: mounts of the host appear in a recursive volume, none of the
 *             app's go back.
 * Growth:     a recursive volume of a directory that holds the pods' own state would show every
 *             pod's mounts in every pod.  It does not: pods mount in namespaces
 *             of their own, never in the host's.
 * Errors:     -errno, with err naming the volume and the path.
 * Processes:  safe between clone() and exec().
 * Source:     SECURITY rule M28.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/kernel/path_in_root.h"

struct volume_source {
	const char *name;   /* for messages */
	const char *path;   /* on the host, absolute; host_path.h tells which symlinks will do */
	bool read_only;     /* of every mount in it */
	bool recursive;     /* with the mounts below it */
	bool host_flags;    /* leave nosuid and nodev as the host has them: for isolators whose apps
			       are the host's own tools */
	int user_namespace; /* owners as this namespace maps them; FD_NONE: as they are */
};

/* -ENOENT: it does not exist.  -ELOOP: a symlink that others than root can turn. */
int volume_open_host(const struct volume_source *source, int *ret_tree,
		     struct error *err) MUST_CHECK;

struct volume_empty {
	const char *name;        /* of the directory: the volume's name, one component */
	struct path_owner owner; /* when it is made; the next app of the pod finds it as it is */
	int content; /* a directory that it starts as, owner and all; FD_NONE: it starts empty */
	bool read_only;
	int user_namespace; /* as above */
};

/* An empty volume: a directory of its name below dir_fd, made by the first who asks. */
int volume_open_empty(int dir_fd, const struct volume_empty *wanted, int *ret_tree,
		      struct error *err) MUST_CHECK;

/*
 * Attaches a volume at target in the root, after making it (directory or file,
 * 0755, root's) if it is missing.  Symlinks in target stay inside the root.
 */
int volume_attach(int tree, int root_fd, const char *target, struct error *err) MUST_CHECK;
