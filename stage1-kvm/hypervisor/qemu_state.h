/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qemu_state.h - saving and loading a guest, by QEMU's monitor.  See struct hypervisor.
 *
 * Errors:     of monitor.h; -ENOTSUP: this QEMU is too old.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

int qemu_open_helper(int *ret_fd, struct error *err) MUST_CHECK;
int qemu_save(int control, int state, int64_t deadline_ms, struct error *err) MUST_CHECK;
int qemu_load(int control, int state, int64_t deadline_ms, struct error *err) MUST_CHECK;
