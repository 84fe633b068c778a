/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci validate, aci id: whole images read and checked, nothing written.
 */
#include <stdio.h>
#include <unistd.h>

#include "build/aci/aci.h"
#include "build/aci/image_file.h"
#include "common/base/cleanup.h"
#include "image/image_extract.h"
#include "image/progress_bar.h"

static void draw(uint64_t bytes, void *context)
{
	progress_bar_draw(context, bytes);
}

struct checked {
	struct arena arena; /* of the manifest */
	struct image_manifest manifest;
	struct image_facts facts;
};

static void release_checked(struct checked *checked)
{
	arena_release(&checked->arena);
	image_facts_release(&checked->facts);
}

#define auto_checked CLEANUP(release_checked)

static int check(const struct aci_call *call, const char *path, struct checked *ret,
		 struct error *err)
{
	auto_close int fd = FD_NONE;
	struct progress_bar bar;
	const struct image_extract_options options = {
		.allow_devices = true,
		.progress = draw,
		.progress_context = &bar,
	};
	uint64_t size;
	int r = image_file_open(path, &fd, &size, err);

	if (r < 0)
		return r;
	progress_bar_begin(&bar, call->options->quiet ? FD_NONE : STDERR_FILENO, path, size);
	r = image_check(fd, &options, &ret->facts, err);
	progress_bar_end(&bar);
	r = r < 0 ? r
		  : image_manifest_parse(
			&ret->arena,
			&(const struct json_source){ .text = ret->facts.manifest,
						     .length = ret->facts.manifest_length,
						     .place = "manifest" },
			&ret->manifest, err);
	if (r < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

static void print_label(const struct image_manifest *manifest, const char *name)
{
	const char *value = image_manifest_label(manifest, name);

	if (value != NULL)
		(void)printf(" %s=%s", name, value);
}

static void print_facts(const char *path, const struct image_manifest *manifest,
			const struct image_facts *facts)
{
	(void)printf("%s: valid: %s", path, manifest->name);
	print_label(manifest, "version");
	print_label(manifest, "os");
	print_label(manifest, "arch");
	(void)printf(" %s, %u entries, %llu bytes", image_compression_name(facts->compression),
		     facts->n_entries, (unsigned long long)facts->content_bytes);
	if (facts->n_dropped_xattrs > 0)
		(void)printf(", %u xattrs that are not kept", facts->n_dropped_xattrs);
	(void)printf(", %s\n", facts->id.text);
}

static int run_validate(const struct aci_call *call, struct error *err)
{
	int result = 0;

	(void)err;
	for (size_t i = 0; i < call->n_arguments; i++) {
		auto_checked struct checked checked = { 0 };
		struct error mine = { 0 };

		/* All files get their line. */
		if (check(call, call->arguments[i], &checked, &mine) < 0) {
			(void)fprintf(stderr, "aci: validate: %s\n", mine.text);
			result = 1;
			continue;
		}
		print_facts(call->arguments[i], &checked.manifest, &checked.facts);
	}
	return result;
}

static int run_id(const struct aci_call *call, struct error *err)
{
	auto_checked struct checked checked = { 0 };
	int r = check(call, call->arguments[0], &checked, err);

	if (r < 0)
		return r;
	(void)printf("%s\n", checked.facts.id.text);
	return 0;
}

static const struct option_spec specs[] = { ACI_QUIET };

const struct aci_command aci_validate = {
	.name = "validate",
	.synopsis = "[options] FILE...",
	.summary = "Check images whole, archive and manifest, and print a line for each",
	.specs = specs,
	.n_specs = sizeof(specs) / sizeof(specs[0]),
	.min_arguments = 1,
	.max_arguments = SIZE_MAX,
	.run = run_validate,
};

const struct aci_command aci_id = {
	.name = "id",
	.synopsis = "[options] FILE",
	.summary = "Check an image and print its id, the SHA-512 of its unpacked bytes",
	.specs = specs,
	.n_specs = sizeof(specs) / sizeof(specs[0]),
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_id,
};
