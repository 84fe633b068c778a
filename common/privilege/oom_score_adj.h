/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom_score_adj.h - whom the kernel ends first when memory is short.
 *
 * Processes:  of the calling process, by its own /proc; safe between clone() and exec().
 * Errors:     -errno, err naming the value.  -EACCES: lower than before without
 *             CAP_SYS_RESOURCE.  -EINVAL: not -1000 … 1000.
 */
#pragma once

#include "common/base/error.h"

/* proc_fd: a /proc of the caller's pid namespace (common/kernel/procfs.h). */
int oom_score_adj_set(int proc_fd, int value, struct error *err) MUST_CHECK;

int oom_score_adj_get(int proc_fd, int *ret, struct error *err) MUST_CHECK;
