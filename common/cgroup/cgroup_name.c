/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_name.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/uuid.h"

#define SCOPE_PREFIX "machine-rkt\\x2d"
#define SCOPE_SUFFIX ".scope"
#define ESCAPED_DASH "\\x2d"
#define APP_SUFFIX   ".service"

/* A uuid has 32 digits and 4 dashes, and nothing else gets into the name. */
static_assert(sizeof(SCOPE_PREFIX SCOPE_SUFFIX) + 32 + 4 * (sizeof(ESCAPED_DASH) - 1) <=
		  CGROUP_SCOPE_NAME_SIZE,
	      "the name fits");

int cgroup_scope_name(const char *uuid, char ret[CGROUP_SCOPE_NAME_SIZE], struct error *err)
{
	char *to = ret;

	if (!uuid_is_valid(uuid))
		return error_set(err, EINVAL, "naming the cgroup of a pod: \"%s\" is no uuid",
				 uuid);
	to = stpcpy(to, SCOPE_PREFIX);
	for (const char *p = uuid; *p != '\0'; p++) {
		if (*p == '-')
			to = stpcpy(to, ESCAPED_DASH);
		else
			*to++ = *p;
	}
	(void)stpcpy(to, SCOPE_SUFFIX);
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
