/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/credentials.h"

#include <inttypes.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int credentials_set(const struct credentials *credentials, bool keep_capabilities,
		    struct error *err)
{
	uint32_t uid = credentials->uid, gid = credentials->gid;

	if (syscall(SYS_setgroups, credentials->n_groups, credentials->groups) < 0)
		return error_from_errno(err, "setting %zu supplementary groups",
					credentials->n_groups);
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return error_from_errno(err, "becoming group %" PRIu32, gid);
	if (keep_capabilities && prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL) < 0)
		return error_from_errno(err, "keeping capabilities over the change of user");
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return error_from_errno(err, "becoming user %" PRIu32, uid);
	return 0;
}
