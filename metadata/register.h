/* SPDX-License-Identifier: Apache-2.0 */
/*
 * register.h - a pod is made known to the metadata service (libcurl over its UNIX socket).
 *
 * Errors: -errno with err filled; -ENOTCONN: nobody listens at the socket.
 */
#pragma once

#include "common/base/error.h"

/* pod_dir: of the pod, with its manifest "pod" and appsinfo/APP/manifest of each app. */
int register_pod(const char *socket_path, int pod_dir, const char *uuid, const char *token,
		 struct error *err) MUST_CHECK;
