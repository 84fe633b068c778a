/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the two doors of the metadata service as HTTP servers (libmicrohttpd).
 *
 * Requests are limited in size, number and time, so that a pod can neither fill the host's
 * memory nor keep others out.  A server has a thread of its own until it is stopped.
 */
#pragma once

#include "common/base/error.h"
#include "metadata/service.h"

enum server_door { SERVER_PODS, SERVER_REGISTRARS };

struct server;

/* listen_fd: listens, and is the server's from now on.  service must outlive the server. */
int server_start_take(int *listen_fd, enum server_door door, const struct service *service,
		      struct server **ret, struct error *err) MUST_CHECK;

/* Answers what has begun, then ends; NULL is fine. */
void server_stop(struct server *server);
