/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - telling the host's service manager how the pod is, sd_notify(3)'s way.
 *
 * socket_name is the value of NOTIFY_SOCKET: an absolute path or "@abstract".
 * NULL and "" mean that nobody asked; then nothing is sent and 0 is returned.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/error.h"

bool notify_is_wanted(const char *socket_name);

/* Sends lines such as "READY=1\nSTATUS=…" as they are, with the caller's credentials. */
int notify_send(const char *socket_name, const char *lines, struct error *err) MUST_CHECK;

/* "READY=1", with MAINPID (0: left out) and STATUS (NULL: left out; one line). */
int notify_ready(const char *socket_name, pid_t main_pid, const char *status,
		 struct error *err) MUST_CHECK;
