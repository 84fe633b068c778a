/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/plugin/ipam.h"

#include <string.h>

#include "cni/lease/host_local.h"
#include "cni/plugin/delegate.h"

/* "ipam.type"; "" when there is none, or none that is a text. */
static const char *type_of(const struct plugin_call *call)
{
	const struct json_value *ipam = json_value_member_any_case(&call->definition, "ipam");
	const struct json_value *type =
	    ipam != NULL ? json_value_member_any_case(ipam, "type") : NULL;

	return type != NULL && type->kind == JSON_VALUE_STRING ? type->string : "";
}

bool ipam_is_own(const struct plugin_call *call)
{
	return strcmp(type_of(call), "host-local") == 0;
}

bool ipam_is_wanted(const struct plugin_call *call)
{
	return type_of(call)[0] != '\0';
}

static int delegate(struct plugin_call *call, const char *command, struct cni_result *result,
		    struct error *err)
{
	int r;

	if (!ipam_is_wanted(call)) {
		call->code = CNI_ERROR_CONFIG;
		return error_set(err, EINVAL, PLUGIN_PLACE ": ipam.type: missing");
	}
	r = delegate_run(call, type_of(call), command, result, err);
	return r < 0 ? error_prefix(err, "ipam") : 0;
}

int ipam_add(struct plugin_call *call, struct cni_result *ret, struct error *err)
{
	return ipam_is_own(call) ? host_local_take(call, ret, err)
				 : delegate(call, "ADD", ret, err);
}

void ipam_undo(struct plugin_call *call, const struct cni_result *result)
{
	struct error ignored = { 0 };
	uint32_t code = call->code;

	if (ipam_is_own(call))
		result_ignored(host_local_undo(call, result, &ignored));
	else if (ipam_is_wanted(call))
		result_ignored(delegate(call, "DEL", NULL, &ignored));
	call->code = code; /* of what went wrong first */
}

int ipam_del(struct plugin_call *call, struct error *err)
{
	if (call->netns_ended) /* done before */
		return 0;
	return ipam_is_own(call) ? host_local_del(call, err) : delegate(call, "DEL", NULL, err);
}

int ipam_check(struct plugin_call *call, struct error *err)
{
	return ipam_is_own(call) ? host_local_check(call, err) : delegate(call, "CHECK", NULL, err);
}

int ipam_gc(struct plugin_call *call, struct error *err)
{
	return ipam_is_own(call) ? host_local_gc(call, err) : delegate(call, "GC", NULL, err);
}

int ipam_status(struct plugin_call *call, struct error *err)
{
	return ipam_is_own(call) ? host_local_status(call, err)
				 : delegate(call, "STATUS", NULL, err);
}
