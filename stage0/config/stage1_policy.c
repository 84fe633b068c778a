/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "stage0/config/config.h"

/* An image name with or without ":version" against one without. */
static bool is_name(const char *level, const char *image)
{
	size_t length = strcspn(image, ":,");

	return strncmp(level, image, length) == 0 && level[length] == '\0';
}

static int find_level(const struct config_stage1_policy *policy, const char *image)
{
	for (size_t i = 0; i < policy->n_levels; i++)
		if (is_name(policy->levels[i], image))
			return (int)i;
	return -ENOENT;
}

int config_stage1_may_replace(const struct config_stage1_policy *policy, const char *chosen,
			      const char *wanted, struct error *err)
{
	int from = find_level(policy, chosen);
	int to = find_level(policy, wanted);

	if (strcmp(chosen, wanted) == 0 || policy->annotation_may_lower)
		return 0;
	if (to < 0)
		return error_set(err, EPERM,
				 "the pod asks for the stage1 %s, which the operator's policy does "
				 "not list",
				 wanted);
	if (from < 0)
		return error_set(err, EPERM,
				 "the pod asks for the stage1 %s, but the policy does not tell how "
				 "%s compares with it",
				 wanted, chosen);
	if (to < from)
		return error_set(err, EPERM,
				 "the pod asks for the stage1 %s, which isolates less than %s; the "
				 "operator's policy does not let a pod lower its isolation",
				 wanted, chosen);
	return 0;
}
