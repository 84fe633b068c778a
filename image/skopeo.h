/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skopeo.h - images of registries and of podman's storage, through the host's skopeo.
 *
 * skopeo knows registries, credentials and storages; it is run with the operator's own
 * configuration (registries.conf, auth.json, policy.json), and what it writes is checked as any
 * layout is.  Without a policy.json nothing is asked of signatures.
 *
 * Errors:     -ENOENT: not installed; -EIO with what skopeo said last; -ETIMEDOUT: nothing moved
 *             for SKOPEO_STALL_MS, and it was killed.
 * Processes:  forks; the child dies with the caller.
 */
#pragma once

#include <stdbool.h>

#include "image/digest.h"

#define SKOPEO_LAYOUT   "layout" /* in the work directory */
#define SKOPEO_STALL_MS 60000    /* skopeo itself would wait for a silent registry for ever */

struct skopeo_call {
	const char *reference; /* "docker://redis", "containers-storage:localhost/app" */
	int work_dir;          /* an empty directory for the layout and for temporary files */
	int auth_fd;           /* of skopeo_login(); FD_NONE: skopeo's own credentials */
	int stall_ms;          /* 0: SKOPEO_STALL_MS */
	bool quiet;            /* else its progress goes to stderr, when that is a terminal */
};

/* The image's own name behind the scheme and a storage's "[…]"; points into reference. */
const char *skopeo_name(const char *reference);

/*
 * Credentials as skopeo reads them, in memory: login_fd holds a registry, a user and a password,
 * each ended by a NUL.  *ret_auth is the caller's to close.
 */
int skopeo_login(int login_fd, int *ret_auth, struct error *err) MUST_CHECK;

/* The digest of what the reference names now; far less work than a copy. */
int skopeo_digest(const struct skopeo_call *call, struct digest *ret, struct error *err) MUST_CHECK;

/* Copies one image, for this platform, into SKOPEO_LAYOUT. */
int skopeo_copy(const struct skopeo_call *call, struct error *err) MUST_CHECK;
