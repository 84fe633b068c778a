/* SPDX-License-Identifier: Apache-2.0 */
/* gc-networks - has the plugins of all networks free what is of no pod (network_gc.h). */
#include "common/entrypoint/entrypoint.h"
#include "common/option/option.h"
#include "common/supervisor/network_gc.h"

static const struct option_spec specs[] = {
	{ .name = "local-config",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct network_places, local_config),
	  .value_name = "DIR",
	  .help = "Directory of the local configuration, with networks and plugins." },
	{ .name = "stage1-root",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct network_places, stage1_root),
	  .value_name = "DIR",
	  .help = "The root of a stage1 image, with networks and plugins of its own." },
};

int entrypoint_gc_networks(const struct entrypoint_call *call, struct error *err)
{
	struct network_places places = { .local_config = "/etc/rkt", .stage1_root = "/" };
	const struct option_set set = { .specs = specs,
					.n_specs = ARRAY_LENGTH(specs),
					.target = &places };
	const struct option_input input = { .sets = &set, .n_sets = 1, .arena = call->arena };
	int used;
	int r = option_parse(&input, call->n, call->args, &used, err);

	return r < 0 ? r : network_gc(call->arena, &places, err);
}
