/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_directory.h - what is in an app's /dev.
 *
 * Nodes are bind mounts of the host's, so that nothing has to be mounted with
 * devices allowed: an app that may call mknod(2) gains nothing by it.  They are
 * mounted read-only, which concerns the inodes (owner, mode, times), not what
 * is read from and written to the devices.
 *
 * Errors, processes: as api_file_systems.h.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

struct device_directory {
	int shm;      /* detached tree to attach at shm; FD_NONE: a new one */
	int console;  /* a terminal to show as console; FD_NONE: the null device stands in */
	bool tunnels; /* show the host's net/tun, if it has one */
};

/* Fills dev_fd, the root of an empty tmpfs that is attached already. */
int device_directory_fill(int dev_fd, const struct device_directory *content,
			  struct error *err) MUST_CHECK;

/* A tmpfs for shm: 01777, nosuid, nodev, noexec. */
int device_directory_new_shm(int *ret_tree, struct error *err) MUST_CHECK;
