/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - the images of the store: list, rm, cat-manifest.
 */
#include "stage0/command/image.h"

#include <string.h>

static const char *const formats[] = { "json", "json-pretty", NULL };
static const char *const orders[] = { "asc", "desc", NULL };

static const struct option_spec list_specs[] = {
	{ .name = "fields",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct image_options, fields),
	  .value_name = "FIELD,…",
	  .help = "which of id, name, importtime, lastused, size, latest to print",
	  .default_text = "id,name,importtime,lastused,size,latest" },
	{ .name = "sort",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct image_options, sort),
	  .value_name = "FIELD,…",
	  .help = "which fields to sort by",
	  .default_text = "importtime" },
	{ .name = "order",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct image_options, order),
	  .value_name = "ORDER",
	  .help = "smallest first or last",
	  .default_text = "asc",
	  .choices = orders },
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct image_options, format),
	  .value_name = "FORMAT",
	  .help = "print JSON instead of a table",
	  .choices = formats },
	{ .name = "full",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct image_options, full),
	  .help = "whole ids, times and sizes in bytes" },
	{ .name = "no-legend",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct image_options, no_legend),
	  .help = "no heading" },
};

static const struct option_spec cat_specs[] = {
	{ .name = "pretty-print",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct image_options, pretty),
	  .value_name = "BOOL",
	  .help = "indent the output",
	  .default_text = "true",
	  .implied = "true" },
};

static const struct option_set sets[] = {
	{ .title = "Options of list", .specs = list_specs, .n_specs = ARRAY_LENGTH(list_specs) },
	{ .title = "Options of cat-manifest",
	  .specs = cat_specs,
	  .n_specs = ARRAY_LENGTH(cat_specs) },
	{ 0 },
};

static const struct subcommand {
	const char *name;
	int (*run)(const struct command_call *call, const struct places *places, struct error *err);
	bool lists, prints; /* which options are its own */
} subcommands[] = {
	{ "list", image_list, .lists = true },
	{ "rm", image_rm },
	{ "cat-manifest", image_cat_manifest, .prints = true },
};

static int check_options(const struct subcommand *subcommand, const struct image_options *options,
			 struct error *err)
{
	bool listing = options->fields != NULL || options->sort != NULL || options->order != NULL ||
		       options->format != NULL || options->full || options->no_legend;

	if (listing && !subcommand->lists)
		return error_set(err, EINVAL, "%s: an option of list given", subcommand->name);
	if (options->pretty != NULL && !subcommand->prints)
		return error_set(err, EINVAL, "%s: --pretty-print is an option of cat-manifest",
				 subcommand->name);
	return 0;
}

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(subcommands); i++) {
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	}
	return NULL;
}

static int run(const struct command_call *call, struct error *err)
{
	auto_places struct places places = PLACES_NONE;
	const struct subcommand *subcommand;
	struct command_call inner = *call;
	int r;

	if (call->n_arguments == 0)
		return error_set(err, EINVAL, "which of list, rm, cat-manifest?");
	subcommand = find_subcommand(call->arguments[0]);
	if (subcommand == NULL)
		return error_set(err, EINVAL,
				 "unknown command \"image %s\"; it is list, rm or cat-manifest",
				 call->arguments[0]);
	r = check_options(subcommand, call->options, err);
	if (r == 0)
		r = places_open(call, &places, err);
	if (r < 0)
		return r;
	inner.arguments++;
	inner.n_arguments--;
	r = subcommand->run(&inner, &places, err);
	return r < 0 ? error_prefix(err, "%s", subcommand->name) : r;
}

const struct command command_image = {
	.name = "image",
	.synopsis = "list|rm|cat-manifest [options] [IMAGE…]",
	.summary = "lists, removes and shows the images of the store",
	.sets = sets,
	.options_size = sizeof(struct image_options),
	.run = run,
};
