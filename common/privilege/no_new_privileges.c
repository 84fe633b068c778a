/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/no_new_privileges.h"

#include <sys/prctl.h>

int no_new_privileges_set(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return error_from_errno(err, "setting no-new-privileges");
	return 0;
}
