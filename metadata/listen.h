/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen.h - the sockets that the metadata service listens at, made here or passed by a service
 * manager (sd_listen_fds(3)).
 *
 * Ownership: fds are the caller's, and so is the UNIX socket's name; a service manager removes its
 * own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"

/* All addresses, IPv6 too where there is any. */
int listen_tcp(uint16_t port, int *ret, struct error *err) MUST_CHECK;

/* 0600; its directory is made.  What a service that was killed has left is replaced. */
int listen_unix(const char *path, int *ret, struct error *err) MUST_CHECK;

/* Sorts what was passed, from fd 3 on, by family; those of no use are an error. */
int listen_passed(int n, int *ret_tcp, int *ret_unix, struct error *err) MUST_CHECK;
