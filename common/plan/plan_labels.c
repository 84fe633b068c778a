/* SPDX-License-Identifier: Apache-2.0 */
/* os/linux/apparmor-profile and os/linux/selinux-context: the app's own, else the pod's. */
#include <errno.h>

#include "common/plan/plan_parts.h"

static bool has_control_character(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return true;
	return false;
}

static int plan_label(const struct plan_scope *scope, const struct isolator *isolator,
		      bool host_has_it, const char **ret)
{
	struct plan_request request;

	if (isolator == NULL)
		return 0;
	if (isolator->text[0] == '\0' || has_control_character(isolator->text))
		return plan_refuse(scope, EINVAL, "%s: empty, or with control characters in it",
				   isolator->name);
	request = plan_isolator_request(scope, isolator);
	if (!host_has_it)
		return plan_say(scope, PLAN_IGNORED, request, "it is not active on this machine");
	*ret = isolator->text;
	return plan_enforced(scope, request);
}

int plan_labels(const struct plan_scope *scope, const struct plan_isolators *isolators,
		const struct plan_labels *inherited, struct plan_labels *ret)
{
	const struct isolator *profile = plan_isolator_find(isolators, ISOLATOR_APPARMOR_PROFILE);
	const struct isolator *context = plan_isolator_find(isolators, ISOLATOR_SELINUX_CONTEXT);
	struct plan_labels labels = {
		.apparmor_profile = profile == NULL ? inherited->apparmor_profile : NULL,
		.selinux_context = context == NULL ? inherited->selinux_context : NULL,
	};
	int r = plan_label(scope, profile, scope->host->apparmor, &labels.apparmor_profile);

	if (r == 0)
		r = plan_label(scope, context, scope->host->selinux, &labels.selinux_context);
	*ret = labels;
	return r;
}
