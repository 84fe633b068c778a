/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/app_choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int refuse_many(const char *command, const struct pod_report *report, struct error *err)
{
	(void)fprintf(stderr, "%s: pod contains multiple apps:\n", command);
	for (size_t i = 0; i < report->n_apps; i++)
		(void)fprintf(stderr, "%s: \t%s\n", command, report->apps[i].name);
	return error_set(err, EINVAL, "specify app using \"rkt %s --app= ...\"", command);
}

int app_choice(const struct command_call *call, const struct pod_report *report, const char *wanted,
	       const char **ret, struct error *err)
{
	for (size_t i = 0; wanted != NULL && i < report->n_apps; i++) {
		if (strcmp(report->apps[i].name, wanted) == 0) {
			*ret = report->apps[i].name;
			return 0;
		}
	}
	if (wanted != NULL)
		return error_set(err, ENOENT, "app %s is not present in pod", wanted);
	if (report->n_apps == 0)
		return error_set(err, ENOENT, "pod contains zero apps");
	if (report->n_apps > 1)
		return refuse_many(call->command->name, report, err);
	*ret = report->apps[0].name;
	return 0;
}
