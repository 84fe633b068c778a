/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci cat-manifest: the manifest of an image, as it is or indented.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build/aci/aci.h"
#include "build/aci/image_file.h"
#include "common/base/cleanup.h"
#include "common/json/json_reader.h"
#include "common/json/json_writer.h"
#include "image/image_extract.h"

/* Indented as rkt prints manifests; fields and their order stay. */
static int indent(struct arena *arena, const char *text, size_t length, struct text *out,
		  struct error *err)
{
	const struct json_source source = { .text = text, .length = length, .place = "manifest" };
	struct json_writer writer = { .out = out, .pretty = true };
	struct json_value value;
	int r = json_read(arena, &source, &value, err);

	if (r < 0)
		return r;
	json_put_value(&writer, NULL, &value);
	r = json_writer_finish(&writer);
	return r < 0 ? error_set(err, -r, "writing the manifest: %s", strerror(-r)) : 0;
}

static int print(const struct aci_call *call, struct arena *arena, const char *text, size_t length,
		 struct error *err)
{
	auto_text struct text pretty = { 0 };
	struct image_manifest manifest;
	/* Also what keeps control bytes from the terminal: JSON strings have none. */
	int r = image_manifest_parse(
	    arena,
	    &(const struct json_source){ .text = text, .length = length, .place = "manifest" },
	    &manifest, err);

	if (r == 0 && call->options->pretty) {
		r = indent(arena, text, length, &pretty, err);
		text = text_string(&pretty);
		length = pretty.length;
	}
	if (r < 0)
		return r;
	(void)fwrite(text, 1, length, stdout);
	if (length == 0 || text[length - 1] != '\n')
		(void)fputc('\n', stdout);
	return 0;
}

static int run(const struct aci_call *call, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_close int fd = FD_NONE;
	auto_free char *text = NULL;
	size_t length = 0;
	uint64_t size;
	int r = image_file_open(call->arguments[0], &fd, &size, err);

	if (r < 0)
		return r;
	r = image_read_manifest(fd, &text, &length, err);
	r = r < 0 ? r : print(call, &arena, text, length, err);
	return r < 0 ? error_prefix(err, "%s", call->arguments[0]) : 0;
}

static const struct option_spec specs[] = {
	{
	    .name = "pretty",
	    .kind = OPTION_FLAG,
	    .offset = offsetof(struct aci_options, pretty),
	    .help = "Print a line for each value, indented by tabs.",
	},
};

const struct aci_command aci_cat_manifest = {
	.name = "cat-manifest",
	.synopsis = "[options] FILE",
	.summary = "Print the manifest of an image",
	.specs = specs,
	.n_specs = sizeof(specs) / sizeof(specs[0]),
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run,
};
