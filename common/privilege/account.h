/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.h - user and group of an app, as its own root file system knows them.
 *
 * A user or group is, in this order: a path ("/…": whoever owns that file in the
 * root), a name in the root's /etc/passwd or /etc/group, a number.  No NSS: the
 * files are read here, as regular files of at most 1 MiB and lines of at
 * most 64 KiB; a line that is no entry is passed over, but an entry whose number is
 * no id is not used: the name is then unknown.
 *
 * Groups:     the supplementary groups are exactly those given.  Those that
 *             /etc/group lists for the user are not added: the manifest lists
 *             what an app gets (supplementaryGIDs), and rkt does so.
 * Ownership:  texts belong to the arena.
 * Processes:  allocates; for use before clone(), or after it in a process that may.
 * Errors:     -errno, err filled.  -ENOENT: no such user, group or file; -EINVAL:
 *             a number no id can be.
 * Source:     App Container spec, "App Image Manifest"; SECURITY rules M10, M11.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

struct account {
	uint32_t uid, gid;
	/* For USER and LOGNAME, HOME, SHELL: of the passwd entry; without one "root"
	 * with "/root", or the number with "/"; and "/bin/sh". */
	const char *name;
	const char *home;
	const char *shell;
};

/* group "": the primary group of the user's passwd entry, 0 without one. */
struct account_names {
	const char *user, *group;
};

int account_resolve(struct arena *arena, int root_fd, const struct account_names *names,
		    struct account *ret, struct error *err) MUST_CHECK;
