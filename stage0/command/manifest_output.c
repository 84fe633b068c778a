/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/manifest_output.h"

#include <stdio.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/json/json_reader.h"
#include "common/json/json_writer.h"

static int indent(struct arena *arena, const struct text *json, struct text *out, struct error *err)
{
	const struct json_source source = {
		.text = text_string(json),
		.length = json->length,
		.place = "the manifest",
	};
	struct json_writer writer = { .out = out, .pretty = true };
	struct json_value value;
	int r = json_read(arena, &source, &value, err);

	if (r < 0)
		return r;
	json_put_value(&writer, NULL, &value);
	r = json_writer_finish(&writer);
	return r < 0 ? error_set(err, -r, "printing the manifest: %s", strerror(-r)) : 0;
}

int manifest_print(struct arena *arena, const struct text *json, const char *pretty,
		   struct error *err)
{
	auto_text struct text out = { 0 };
	int wanted = 1, r;

	if (pretty != NULL && parse_bool(pretty, &wanted) < 0)
		return error_set(err, EINVAL, "--pretty-print: \"%s\" is not a bool", pretty);
	r = wanted ? indent(arena, json, &out, err) : 0;
	if (r < 0)
		return r;
	(void)printf("%s\n", text_string(wanted ? &out : json));
	return 0;
}
