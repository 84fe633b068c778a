/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_name.h - the names of a pod's cgroups, those that rkt gave them.
 *
 * Private to this room.  systemd writes "-" in the middle of a machine's name as
 * "\x2d".  An app's unit is named after it as it is, since its name has only
 * letters, digits and dashes.
 */
#pragma once

#include <stddef.h>

#include "common/base/error.h"

#define CGROUP_SCOPE_NAME_SIZE 96  /* with the NUL */
#define CGROUP_APP_NAME_SIZE   256 /* as long as a file name can be, with the NUL */

#define CGROUP_SLICE_NAME      "system.slice"
#define CGROUP_INIT_NAME       "init.scope"

/* "machine-rkt\x2d….scope"; -EINVAL: not a uuid. */
int cgroup_scope_name(const char *uuid, char ret[CGROUP_SCOPE_NAME_SIZE],
		      struct error *err) MUST_CHECK;

/* "APP.service"; -EINVAL: not an App Container name, or too long. */
int cgroup_app_name(const char *app, char ret[CGROUP_APP_NAME_SIZE], struct error *err) MUST_CHECK;
