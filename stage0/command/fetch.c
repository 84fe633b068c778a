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
	{ "signature", 0, OPTION_TEXT, MEMBER(signature), .value_name = "PATH",
	  .help = "The file of the image's signature; by default the one beside the image.",
	  .completion = OPTION_COMPLETE_FILE },
	{ "store-only", 0, OPTION_FLAG, MEMBER(store_only),
	  .help = "The old name of --pull-policy=never." },
};

/* With all that it depends on: what is fetched can be run. */
static int fetch_one(const struct launch *launch, const char *reference, struct error *err)
{
	struct launch_image image = { .stored = STORE_IMAGE_NONE };
	const char *signature = launch->request->signature;
	int r;

	if (geteuid() != 0)
		r = launch_fetch_for_root(launch, reference, signature, &image.stored, err);
	else
		r = launch_find_image(launch, reference, signature, &image.stored, err);
	if (r == 0 && geteuid() == 0)
		r = launch_complete_image(launch, &image, err);
	if (r == 0)
		(void)printf("%s\n", image.stored.id);
	store_image_release(&image.stored);
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_launch struct launch launch = LAUNCH_NONE;
	const struct request *request = call->options;
	int r;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "an image must be given");
	if (request->signature != NULL && call->n_arguments > 1)
		return error_set(err, EINVAL, "--signature goes with one image only");
	if (request->no_store && request->store_only)
		return error_set(err, EINVAL, "--no-store and --store-only exclude each other");
	r = launch_open(call, LAUNCH_WITHOUT_MOUNTS, &launch, err);
	for (size_t i = 0; r == 0 && i < call->n_arguments; i++) {
		r = fetch_one(&launch, call->arguments[i], err);
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
	.run = run,
};
