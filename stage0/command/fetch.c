/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "common/base/cleanup.h"
#include "stage0/command/commands.h"
#include "stage0/launch/launch.h"

#define MEMBER(name) offsetof(struct request, name)

static const char *const pull_policies[] = { "never", "new", "update", NULL };

static const struct option_spec specs[] = {

	{ "full", 0, OPTION_FLAG, MEMBER(full),
	  .help = "Accepted for scripts: ids are always whole.", .hidden = true },
	{ "pull-policy", 0, OPTION_TEXT, MEMBER(pull_policy), .value_name = "POLICY",
	  .help = "Whether to look for images outside the store.", .default_text = "new",
	  .choices = pull_policies },
	{ "no-store", 0, OPTION_FLAG, MEMBER(no_store),
	  .help = "The old name of --pull-policy=update." },
	{ "store-only", 0, OPTION_FLAG, MEMBER(store_only),
	  .help = "The old name of --pull-policy=never." },
};

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	bool unsigned_too = (call->global->insecure & INSECURE_IMAGE) != 0;
	int r;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "an image must be given");
	r = launch_open(call, LAUNCH_WITHOUT_MOUNTS, &launch, err);
	for (size_t i = 0; r == 0 && i < call->n_arguments; i++) {
		auto_store_image struct store_image image = STORE_IMAGE_NONE;

		r = launch_find_image(&launch, call->arguments[i], unsigned_too, &image, err);
		if (r == 0)
			(void)printf("%s\n", image.id);
	}
	return r;
}

const struct command command_fetch = {
	.name = "fetch",
	.synopsis = "[options] IMAGE…",
	.summary = "puts images into the store and prints their ids",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct request),
	.needs_root = true,
	.run = run,
};
