/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_floor.h - what to say when the kernel is too old.
 *
 * The floor is Linux 5.12.  Nothing is probed ahead: a start must not pay for
 * kernels it does not run on.  A call that fails with ENOSYS is explained when
 * it happens, with the release that brought it.
 *
 * Processes:  safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

#define KERNEL_FLOOR "5.12"

/*
 * error_from_errno() for a call the floor is about: ENOSYS becomes "fmt: the
 * kernel has no CALL, Linux RELEASE or later is needed".  Returns -errno.
 */
int kernel_floor_error(struct error *err, const char *call, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The release that brought a call ("openat2": "5.6"); KERNEL_FLOOR for one not in the table. */
const char *kernel_floor_release(const char *call);
