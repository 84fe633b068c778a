/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of what the apps print. */
#include <errno.h>
#include <inttypes.h>

#include "common/manifest/quantity.h"
#include "common/plan/plan_parts.h"

static int parse_size(const struct plan_scope *scope, const char *text, uint64_t *ret)
{
	uint64_t size;

	if (quantity_parse(text, &size) < 0 ||
	    (size != 0 && (size < PLAN_LOG_SIZE_MIN || size > PLAN_LOG_SIZE_MAX)))
		return plan_refuse(scope, EINVAL,
				   "annotation %s: \"%s\" is neither 0 nor a size from 1Mi to 1Ti",
				   PLAN_LOG_SIZE_ANNOTATION, text);
	*ret = size;
	return 0;
}

/* Output passes through a process of ours, or there is nobody to keep it. */
int plan_log(const struct plan_scope *scope, const struct pod_manifest *pod, struct plan *ret)
{
	const char *text = manifest_pairs_get(&pod->annotations, PLAN_LOG_SIZE_ANNOTATION);
	struct plan_request request = { "--log-size", text };
	uint64_t size = PLAN_LOG_SIZE_DEFAULT;
	int r = text == NULL ? 0 : parse_size(scope, text, &size);

	if (r < 0)
		return r;
	if (ret->supervised && !ret->interactive) {
		ret->log_bytes = size;
		return text == NULL ? 0 : plan_enforced(scope, request);
	}
	if (text == NULL || size == 0)
		return text == NULL ? 0 : plan_enforced(scope, request);
	return plan_say(scope, PLAN_IGNORED, request,
			ret->interactive
			    ? "what passes through a terminal is not kept"
			    : "the app takes the place of run: nobody is there to keep its output");
}
