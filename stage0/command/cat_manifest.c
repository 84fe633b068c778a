/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cat-manifest - the manifest of a pod.
 */
#include "common/base/file.h"
#include "stage0/command/manifest_output.h"
#include "stage0/command/places.h"

struct cat_options {
	const char *pretty;
	const char *uuid_file;
};

static const struct option_spec specs[] = {
	{ .name = "pretty-print",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct cat_options, pretty),
	  .value_name = "BOOL",
	  .help = "indent the output",
	  .default_text = "true",
	  .implied = "true" },
	{ .name = "uuid-file",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct cat_options, uuid_file),
	  .value_name = "FILE",
	  .help = "read the UUID from a file",
	  .completion = OPTION_COMPLETE_FILE },
};

static int run(const struct command_call *call, struct error *err)
{
	const struct cat_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_text struct text manifest = { 0 };
	struct command_call without = *call;
	struct uuids uuids;
	int r;

	/* The file counts, whatever else is given: here, and nowhere else, as with the original. */
	if (options->uuid_file != NULL && call->n_arguments > 0) {
		command_warn(call, "ignoring \"%s\" beside --uuid-file", call->arguments[0]);
		without.n_arguments = 0;
	}
	r = uuids_read(&without, options->uuid_file, &uuids, err);
	if (r < 0)
		return r;
	if (uuids.n > 1)
		return error_set(err, EINVAL, "more than one UUID given");
	r = places_open(call, &places, err);
	if (r == 0 && pod_find(&places.pods, uuids.items[0], &pod, err) < 0)
		r = error_prefix(err, "problem retrieving pod");
	if (r == 0)
		r = file_read_at(pod.fd, "pod", MANIFEST_MAX_BYTES, &manifest, err);
	return r < 0 ? r : manifest_print(call->arena, &manifest, options->pretty, err);
}

const struct command command_cat_manifest = {
	.name = "cat-manifest",
	.synopsis = "[options] UUID",
	.summary = "prints the manifest of a pod",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct cat_options),
	.arguments = "list --no-legend",
	.run = run,
};
