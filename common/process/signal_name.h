/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signal_name.h - signals by name and number.  Pure.
 */
#pragma once

#include "common/base/error.h"

#define SIGNAL_NAME_SIZE 16

/*
 * Understands "SIGTERM", "TERM", "15", "RTMIN", "SIGRTMIN+3", "RTMAX-1" (names
 * in upper case).  -EINVAL: no signal of this machine; *ret_signal is untouched.
 */
int signal_parse(const char *text, int *ret_signal) MUST_CHECK;

/* "SIGTERM", "SIGRTMIN+3"; "signal 99" for a number that is none. */
const char *signal_name(int signal_number, char text[SIGNAL_NAME_SIZE]);
