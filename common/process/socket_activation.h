/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket_activation.h - sockets the host's service manager opened, handed on to an
 * app, sd_listen_fds(3)'s way: fds 3, 4, … and LISTEN_PID, LISTEN_FDS.
 *
 * Ownership:  the set holds fd numbers of this process; they stay open for its whole life.
 * Processes:  socket_activation_install() is safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

#define SOCKET_ACTIVATION_FIRST 3
#define SOCKET_ACTIVATION_MAX   256

struct socket_activation {
	int n; /* fds 3 … 3 + n - 1; 0: nothing was passed */
};

/*
 * Finds what was passed to this process, from the values of LISTEN_PID and LISTEN_FDS
 * (NULL: not set; another process's LISTEN_PID: nothing was passed), and marks the fds
 * close-on-exec. reserved_fd (FD_NONE: none) is the pod's lock, RKT_LOCK_FD, which must not lie
 * among them.
 */
int socket_activation_collect(const char *listen_pid, const char *listen_fds, int reserved_fd,
			      struct socket_activation *ret, struct error *err) MUST_CHECK;

#define SOCKET_ACTIVATION_TEXT_SIZE 32

struct socket_activation_environment {
	char listen_pid[SOCKET_ACTIVATION_TEXT_SIZE]; /* "LISTEN_PID=5" */
	char listen_fds[SOCKET_ACTIVATION_TEXT_SIZE]; /* "LISTEN_FDS=2" */
};

/*
 * In the app's process, right before execve(): the fds survive it, and *ret_environment gets
 * the two variables, LISTEN_PID being the caller's pid as its own pid namespace numbers it.
 */
int socket_activation_install(const struct socket_activation *activation,
			      struct socket_activation_environment *ret_environment,
			      struct error *err) MUST_CHECK;
