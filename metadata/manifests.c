/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/manifests.h"

#include "common/json/json_reader.h"

static struct json_source source(const struct text *text, const char *place)
{
	return (struct json_source){ .text = text_string(text),
				     .length = text->length,
				     .place = place };
}

int manifests_parse_pod(struct arena *arena, const struct text *text, struct pod_manifest *ret,
			struct error *err)
{
	const struct json_source from = source(text, "pod manifest");

	return pod_manifest_parse(arena, &from, ret, err);
}

int manifests_parse_image(struct arena *arena, const struct text *text, struct image_manifest *ret,
			  struct error *err)
{
	const struct json_source from = source(text, "image manifest");

	return image_manifest_parse(arena, &from, ret, err);
}
