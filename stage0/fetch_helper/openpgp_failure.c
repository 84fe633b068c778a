/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/openpgp_failure.h"

#include <errno.h>

int openpgp_failed(gpgme_error_t result, const char *doing, struct error *err)
{
	char reason[160] = "";

	(void)gpgme_strerror_r(result, reason, sizeof(reason));
	return error_set(err, gpgme_err_code(result) == GPG_ERR_ENOMEM ? ENOMEM : EIO, "%s: %s",
			 doing, reason);
}
