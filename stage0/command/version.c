/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "stage0/command.h"
#include "stage0/version.h"

static int run(const struct command_call *call, struct error *err)
{
	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[0]);
	(void)printf("rkt Version: %s\nappc Version: %s\n", RKT_VERSION, RKT_APPC_VERSION);
	return 0;
}

const struct command command_version = {
	.name = "version",
	.synopsis = "",
	.summary = "prints the versions of rkt and of the App Container specification",
	.run = run,
};
