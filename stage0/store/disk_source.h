/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_source.h - the files that the disk of an image is made of: its tree, and what every root is
 * given that lacks it (common/mount/root_defaults.h; an /etc/hostname, over which each pod has its
 * own), so that no machine has to write it.
 *
 * The tree is not changed: what is added lies in a tmpfs over it, as long as the process runs.
 * Times of what is added are those of the tree's root: a disk is the same whenever it is made.
 */
#pragma once

#include "common/base/error.h"

/*
 * For a child alone, which gets a mount namespace of its own, and whose working directory is the
 * one that has the tree as "rootfs".  *ret_path: what has the files, from there.
 * Errors: -errno with err filled; *ret_path is the tree itself then, which is as good, but for
 *         what the machine has to write.
 */
int disk_source_make(const char **ret_path, struct error *err) MUST_CHECK;
