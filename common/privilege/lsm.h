/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lsm.h - labels of Linux Security Modules: an AppArmor profile, an SELinux context.
 *
 * A label is of the program that the calling thread executes next.  It is
 * written to thread-self/attr below a /proc that was opened and verified before
 * anything of an image could be mounted over it, and read back.
 *
 * Processes:  setting is safe between clone() and exec().
 * Errors:     -errno, err naming the label.  -ENOENT: no such profile; -EINVAL:
 *             no such context, or a label with control characters.
 * Source:     SECURITY rule M3; proc(5), apparmor(7), selinux(8).
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"

struct lsm_active {
	bool apparmor, selinux;
};

/* Which of them run on this machine; false where it cannot be known. */
struct lsm_active lsm_detect(void);

/* proc_fd: a /proc of the caller's pid namespace (common/kernel/procfs.h). */
int lsm_set_apparmor_profile(int proc_fd, const char *profile, struct error *err) MUST_CHECK;
int lsm_set_selinux_context(int proc_fd, const char *context, struct error *err) MUST_CHECK;
