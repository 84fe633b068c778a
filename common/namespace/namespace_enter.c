/* SPDX-License-Identifier: Apache-2.0 */
#include "common/namespace/namespace_enter.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/kernel/kernel_floor.h"

int namespace_enter(int pidfd, const struct namespace_set *set, struct error *err)
{
	char names[64];
	uint64_t flags = namespace_set_flags(set);

	if (flags == 0)
		return 0;
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_from_errno(err, "becoming undumpable");
	if (setns(pidfd, (int)flags) == 0)
		return 0;
	(void)namespace_set_describe(set, names, sizeof(names));
	if (errno == EINVAL) /* also what a kernel says that knows no pidfd here */
		return error_from_errno(
		    err,
		    "joining namespaces (%s): not possible for this process, or "
		    "a kernel older than Linux %s",
		    names, kernel_floor_release("setns on a pidfd"));
	return error_from_errno(err, "joining namespaces (%s)", names);
}

int namespace_is_shared(int proc_fd, int pid, const char *kind, bool *ret, struct error *err)
{
	char mine[sizeof("self/ns/pid_for_children")];
	char other[sizeof("2147483647/ns/pid_for_children")];
	struct stat a;
	struct stat b;

	(void)snprintf(mine, sizeof(mine), "self/ns/%s", kind);
	(void)snprintf(other, sizeof(other), "%d/ns/%s", pid, kind);
	/* Both are magic links to the same nsfs inode if the namespace is the same. */
	if (fstatat(proc_fd, mine, &a, 0) < 0)
		return error_from_errno(err, "looking at /proc/%s", mine);
	if (fstatat(proc_fd, other, &b, 0) < 0)
		return error_from_errno(err, "looking at /proc/%s", other);
	*ret = a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	return 0;
}
