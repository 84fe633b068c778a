/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_passing.h - one fd across a socket pair between two of our processes.
 *
 * Safe between clone() and exec().
 */
#pragma once

#include "common/base/error.h"

/* Two connected ends, close-on-exec, message boundaries kept (SOCK_SEQPACKET). */
int fd_passing_open(int ret_ends[2], struct error *err) MUST_CHECK;

/* Sends a copy of fd; the caller keeps his. */
int fd_send(int socket_fd, int fd, struct error *err) MUST_CHECK;

/* Waits for one; *ret_fd is the caller's, close-on-exec.  -EPIPE: the other side has gone. */
int fd_receive(int socket_fd, int *ret_fd, struct error *err) MUST_CHECK;
