/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_descriptors.h - nothing but 0, 1 and 2 reaches a program we start.
 * Safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

/* All descriptors from first on close at exec.  Linux 5.11; no older way is tried. */
int file_descriptors_close_at_exec(unsigned first, struct error *err) MUST_CHECK;

/* Closes those from first to last. */
int file_descriptors_close(unsigned first, unsigned last, struct error *err) MUST_CHECK;
