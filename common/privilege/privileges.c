/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/privileges.h"

#include <linux/capability.h>

#include "common/privilege/capability.h"
#include "common/privilege/lsm.h"
#include "common/privilege/no_new_privileges.h"
#include "common/privilege/parent_tie.h"

static int set_labels(const struct privileges *privileges, struct error *err)
{
	int r = 0;

	if (privileges->apparmor_profile != NULL)
		r = lsm_set_apparmor_profile(privileges->proc_fd, privileges->apparmor_profile,
					     err);
	if (r == 0 && privileges->selinux_context != NULL)
		r = lsm_set_selinux_context(privileges->proc_fd, privileges->selinux_context, err);
	return r;
}

/* What is held until exec; privileges.h says why. */
static uint64_t held_until_exec(const struct privileges *privileges)
{
	uint64_t held = privileges->credentials.uid == 0 ? privileges->capabilities : 0;

	if (privileges->seccomp != NULL && !privileges->no_new_privileges)
		held |= CAPABILITY_BIT(CAP_SYS_ADMIN);
	return held;
}

int privileges_apply(const struct privileges *privileges, struct error *err)
{
	uint64_t held = held_until_exec(privileges);
	bool keep = privileges->credentials.uid != 0 && held != 0;
	int r = capability_bound(privileges->capabilities, err);

	if (r == 0)
		r = set_labels(privileges, err);
	if (r == 0)
		r = credentials_set(&privileges->credentials, keep, err);
	if (r == 0)
		r = capability_hold(held, err);
	if (r == 0 && privileges->parent_pidfd != NULL)
		r = parent_tie(*privileges->parent_pidfd, err);
	if (r == 0 && privileges->no_new_privileges)
		r = no_new_privileges_set(err);
	if (r == 0 && privileges->seccomp != NULL)
		r = seccomp_program_load(privileges->seccomp, err);
	return r;
}
