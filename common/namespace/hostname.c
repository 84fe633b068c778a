/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/hostname.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The kernel's __NEW_UTS_LEN, without the NUL. */
#define NAME_LENGTH (sizeof(((struct utsname *)0)->nodename) - 1)

static int check_name(const char *name, struct error *err)
{
	if (name[0] == '\0' || strlen(name) > NAME_LENGTH)
		return error_set(err, EINVAL, "it must have 1 to %zu characters", NAME_LENGTH);
	return 0;
}

int hostname_set(const char *name, struct error *err)
{
	if (check_name(name, err) < 0)
		return error_prefix(err, "setting the host name \"%s\"", name);
	if (sethostname(name, strlen(name)) < 0)
		return error_from_errno(err, "setting the host name \"%s\"", name);
	return 0;
}

int hostname_set_domain(const char *name, struct error *err)
{
	if (check_name(name, err) < 0)
		return error_prefix(err, "setting the domain name \"%s\"", name);
	if (setdomainname(name, strlen(name)) < 0)
		return error_from_errno(err, "setting the domain name \"%s\"", name);
	return 0;
}
