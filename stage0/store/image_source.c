/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/image_source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct scheme {
	const char *prefix;
	enum image_source_kind kind;
	bool keeps_prefix;  /* the location is the whole text */
	bool has_reference; /* after a colon */
};

static const struct scheme schemes[] = {
	{ "sha512-", IMAGE_SOURCE_ID, .keeps_prefix = true },
	{ "file://", IMAGE_SOURCE_FILE },
	{ "http://", IMAGE_SOURCE_HTTP, .keeps_prefix = true },
	{ "https://", IMAGE_SOURCE_HTTPS, .keeps_prefix = true },
	{ "oci:", IMAGE_SOURCE_OCI_LAYOUT, .has_reference = true },
	{ "oci-archive:", IMAGE_SOURCE_OCI_ARCHIVE, .has_reference = true },
	{ "docker-archive:", IMAGE_SOURCE_DOCKER_ARCHIVE, .has_reference = true },
	{ "docker://", IMAGE_SOURCE_REGISTRY },
	{ "containers-storage:", IMAGE_SOURCE_CONTAINERS_STORAGE },
};

static const struct scheme *find_scheme(const char *text)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

static bool has_unknown_scheme(const char *text)
{
	const char *colon = strstr(text, "://");

	return colon != NULL && strcspn(text, "/") > (size_t)(colon - text);
}

static bool is_path(const char *text)
{
	size_t length = strlen(text);

	if (text[0] == '/' || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0)
		return true;
	if (length > 4 && strcmp(text + length - 4, ".aci") == 0)
		return true;
	return access(text, F_OK) == 0;
}

static int split_reference(struct arena *arena, struct image_source *source, struct error *err)
{
	const char *colon = strchr(source->location, ':');

	if (colon == NULL)
		return 0;
	if (colon[1] == '\0')
		return error_set(err, EINVAL, "%s: there is no reference after the colon",
				 source->text);
	source->reference = colon + 1;
	source->location = arena_bytes(arena, source->location, (size_t)(colon - source->location));
	if (source->location == NULL)
		return error_set(err, ENOMEM, "%s: out of memory", source->text);
	return 0;
}

static int take_scheme(struct arena *arena, const struct scheme *scheme,
		       struct image_source *source, struct error *err)
{
	const char *rest = source->text + strlen(scheme->prefix);
	int r;

	source->kind = scheme->kind;
	source->location = scheme->keeps_prefix ? source->text : rest;
	r = scheme->has_reference ? split_reference(arena, source, err) : 0;
	if (r < 0)
		return r;
	if (rest[0] == '\0' || source->location[0] == '\0')
		return error_set(err, EINVAL, "%s: there is nothing after %s", source->text,
				 scheme->prefix);
	return 0;
}

int image_source_parse(struct arena *arena, const char *text, struct image_source *ret,
		       struct error *err)
{
	struct image_source source = { .text = text, .location = text };
	const struct scheme *scheme = find_scheme(text);

	if (scheme != NULL) {
		int r = take_scheme(arena, scheme, &source, err);

		if (r < 0)
			return r;
	} else if (has_unknown_scheme(text)) {
		return error_set(err, EINVAL,
				 "%s: images come from file:, http:, https:, docker:, oci:, "
				 "oci-archive:, docker-archive: and containers-storage:",
				 text);
	} else {
		source.kind = is_path(text) ? IMAGE_SOURCE_FILE : IMAGE_SOURCE_NAME;
	}
	*ret = source;
	return 0;
}

bool image_source_is_container(const struct image_source *source)
{
	return source->kind >= IMAGE_SOURCE_OCI_LAYOUT;
}
