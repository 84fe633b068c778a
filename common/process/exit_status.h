/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_status.h - how a process ended, as shells and people say it.
 *
 * A wait status is what waitpid(2) stores.  Everything here is pure.
 */
#pragma once

#include <signal.h>
#include <sys/wait.h>

#include "common/base/error.h"

#define EXIT_STATUS_NOT_STARTED 254 /* a pod that could not be started at all */
#define EXIT_STATUS_TEXT_SIZE   80

/* The shell's number: the exit status itself, or 128 + signal. */
int exit_status_of(int wait_status);

/* The wait status that corresponds to what waitid(2) filled in. */
int exit_status_to_wait(const siginfo_t *info);

/* "exited with status 3", "killed by signal 9 (SIGKILL)", "… (core dumped)". */
const char *exit_status_describe(int wait_status, char text[EXIT_STATUS_TEXT_SIZE]);
