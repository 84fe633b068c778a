/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/uuid.h"

#define SCOPE_PREFIX "machine-rkt\\x2d"
#define SCOPE_SUFFIX ".scope"
#define APP_SUFFIX   ".service"

int cgroup_scope_name(const char *uuid, char ret[CGROUP_SCOPE_NAME_SIZE], struct error *err)
{
	size_t n = strlen(SCOPE_PREFIX);

	if (!uuid_is_valid(uuid))
		return error_set(err, EINVAL, "naming the cgroup of a pod: \"%s\" is no uuid",
				 uuid);
	memcpy(ret, SCOPE_PREFIX, n);
	for (const char *p = uuid; *p != '\0'; p++) {
		const char *piece = *p == '-' ? "\\x2d" : p;
		size_t length = *p == '-' ? 4 : 1;

		memcpy(ret + n, piece, length);
		n += length;
	}
	memcpy(ret + n, SCOPE_SUFFIX, sizeof(SCOPE_SUFFIX));
	return 0;
}

int cgroup_app_name(const char *app, char ret[CGROUP_APP_NAME_SIZE], struct error *err)
{
	size_t length = strlen(app);

	if (length == 0 || strspn(app, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return error_set(err, EINVAL, "naming the cgroup of an app: \"%s\" is no name",
				 app);
	if (length + sizeof(APP_SUFFIX) > CGROUP_APP_NAME_SIZE)
		return error_set(err, ENAMETOOLONG,
				 "naming the cgroup of an app: the name has %zu characters",
				 length);
	(void)snprintf(ret, CGROUP_APP_NAME_SIZE, "%s" APP_SUFFIX, app);
	return 0;
}
