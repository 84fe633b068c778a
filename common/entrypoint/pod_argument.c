/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/pod_argument.h"

#include <errno.h>

#include "common/base/uuid.h"

static int take_uuid(void *context, const char *argument, struct error *err)
{
	struct pod_argument *pod = context;

	if (pod->uuid != NULL)
		return error_set(err, EINVAL, "argument \"%s\": one pod's UUID is enough",
				 argument);
	if (!uuid_is_valid(argument))
		return error_set(err, EINVAL, "argument \"%s\": not a pod's UUID", argument);
	pod->uuid = argument;
	return 0;
}

int pod_argument_parse(const struct option_set *set, const struct entrypoint_call *call,
		       struct pod_argument *ret, struct error *err)
{
	struct pod_argument pod = { 0 };
	const struct option_input input = { .sets = set,
					    .n_sets = 1,
					    .arena = call->arena,
					    .positional = take_uuid,
					    .context = &pod };
	int used;
	int r = option_parse(&input, call->n, call->args, &used, err);

	if (r < 0)
		return r;
	if (used < call->n)
		return error_set(err, EINVAL, "argument \"%s\": nothing may follow \"--\"",
				 call->args[used]);
	if (pod.uuid == NULL)
		return error_set(err, EINVAL, "the pod's UUID is missing");
	*ret = pod;
	return 0;
}
