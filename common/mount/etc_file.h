/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etc_file.h - a generated file over one of the app's: /etc/hosts, /etc/resolv.conf, /etc/hostname.
 *
 * The content goes into a directory that no app can reach and is bind-mounted
 * over the target, so the image's own file stays as it is and a read-only root is
 * no obstacle.  The target is made if it is missing, which writes one empty file
 * into the app's tree: call this before root_switch_make_read_only(), and
 * before volumes, so that no file is ever made in one of them.
 *
 * Errors:     -errno, with err naming the target.
 * Processes:  in the app's own mount namespace; safe between clone() and exec().
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

struct etc_file {
	const char *name;    /* of the file below store: one component, unique in it */
	const char *target;  /* in the app's root: "/etc/hosts" */
	const char *content; /* all of it */
	bool if_missing;     /* an existing target is left alone */
	bool read_only;      /* the app cannot write it (else: its own copy only) */
};

/* store: a directory of the caller's mount namespace, attached there; a tmpfs is the quickest. */
int etc_file_show(int root_fd, int store, const struct etc_file *file,
		  struct error *err) MUST_CHECK;
