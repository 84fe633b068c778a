/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci build: a directory into an image, the same bytes every time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "build/aci/aci.h"
#include "build/aci/build_source.h"
#include "common/base/output_file.h"
#include "common/base/parse.h"
#include "image/image_write.h"
#include "image/progress_bar.h"

/* The time of all entries, from the environment as reproducible-builds.org defines it. */
static int read_epoch(int64_t *ret, struct error *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t value = 0;

	/* 2242: what the octal digits of a ustar header can hold. */
	if (text != NULL && text[0] != '\0' && parse_u64(text, ((uint64_t)1 << 33) - 1, &value) < 0)
		return error_set(err, EINVAL, "SOURCE_DATE_EPOCH is \"%s\", not a time", text);
	*ret = (int64_t)value;
	return 0;
}

static void draw(uint64_t bytes, void *context)
{
	progress_bar_draw(context, bytes);
}

static int pack(const struct aci_call *call, int out, const struct build_source *source,
		struct image_facts *ret, struct error *err)
{
	const struct image_source image = {
		.manifest = text_string(&source->manifest),
		.manifest_length = source->manifest.length,
		.rootfs_fd = source->rootfs_fd,
	};
	struct progress_bar bar;
	struct image_write_options options = {
		.compression = IMAGE_COMPRESSION_GZIP,
		.owned_by_root = call->options->owned_by_root,
		.progress = draw,
		.progress_context = &bar,
	};
	int r = read_epoch(&options.mtime, err);

	if (r < 0)
		return r;
	if (call->options->compression != NULL)
		r = image_compression_parse(call->options->compression, &options.compression);
	if (r < 0)
		return error_set(err, EINVAL, "--compression=%s: unknown",
				 call->options->compression);
	progress_bar_begin(&bar, call->options->quiet ? FD_NONE : STDERR_FILENO, call->arguments[1],
			   0);
	if (bar.fd >= 0)
		bar.total_bytes = build_source_bytes(source->rootfs_fd);
	r = image_write(out, &image, &options, ret, err);
	progress_bar_end(&bar);
	return r;
}

static int run(const struct aci_call *call, struct error *err)
{
	auto_build_source struct build_source source = BUILD_SOURCE_NONE;
	auto_output_file struct output_file file = OUTPUT_FILE_NONE;
	struct image_facts facts;
	int r;

	r = build_source_open(call->arguments[0], call->options->manifest, &source, err);
	r = r < 0 ? r : output_file_open(&file, call->arguments[1], err);
	if (r < 0)
		return r;
	r = pack(call, file.fd, &source, &facts, err);
	if (r < 0)
		return error_prefix(err, "%s", call->arguments[1]);
	r = output_file_commit(&file, err);
	if (r < 0)
		return r;
	(void)printf("%s\n", facts.id.text);
	return 0;
}

static const struct option_spec specs[] = {
	{
	    .name = "manifest",
	    .kind = OPTION_TEXT,
	    .offset = offsetof(struct aci_options, manifest),
	    .value_name = "FILE",
	    .help = "The image manifest. DIR is then the root file system itself, unless it holds "
		    "rootfs/ and nothing else.",
	    .completion = OPTION_COMPLETE_FILE,
	},
	ACI_COMPRESSION,
	{
	    .name = "owned-by-root",
	    .kind = OPTION_FLAG,
	    .offset = offsetof(struct aci_options, owned_by_root),
	    .help = "Give all files to user and group 0. Without it the image has the numbers of "
		    "the file system.",
	},
	ACI_QUIET,
};

const struct aci_command aci_build = {
	.name = "build",
	.synopsis = "[options] DIR OUT.aci",
	.summary =
	    "Pack DIR, which holds manifest and rootfs/, and print the image's id. Times are "
	    "SOURCE_DATE_EPOCH, or 0",
	.specs = specs,
	.n_specs = sizeof(specs) / sizeof(specs[0]),
	.min_arguments = 2,
	.max_arguments = 2,
	.run = run,
};
