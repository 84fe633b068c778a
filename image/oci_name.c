/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_name.h"

#include <errno.h>
#include <string.h>

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	if (c < 'A' || c > 'Z')
		return c;
	return letters[c - 'A'];
}

const char *oci_sanitize(struct arena *arena, const char *text, const char *separators)
{
	char *copy = arena_string(arena, text);
	size_t n = 0;

	if (copy == NULL)
		return NULL;
	for (const char *p = text; *p != '\0'; p++) {
		char c = lower(*p);

		if (!is_word(c)) {
			/* One separator between two words, none in front. */
			if (n == 0 || !is_word(copy[n - 1]))
				continue;
			if (strchr(separators, c) == NULL)
				c = '-';
		}
		copy[n++] = c;
	}
	while (n > 0 && !is_word(copy[n - 1]))
		n--;
	copy[n] = '\0';
	return n > 0 ? copy : NULL;
}

static bool is_registry(const char *element, size_t length)
{
	return memchr(element, '.', length) != NULL || memchr(element, ':', length) != NULL ||
	       (length == 9 && memcmp(element, "localhost", 9) == 0);
}

static bool is_docker_registry(const char *name)
{
	return strcmp(name, "docker.io") == 0 || strcmp(name, "index.docker.io") == 0;
}

/* Cuts the tag and the digest off. */
static void split_tag(char *rest, const char **ret_tag)
{
	char *at = strchr(rest, '@');
	char *slash, *colon;

	if (at != NULL)
		*at = '\0';
	slash = strrchr(rest, '/');
	colon = strrchr(rest, ':');
	if (colon != NULL && (slash == NULL || colon > slash)) {
		*colon = '\0';
		*ret_tag = colon + 1;
	}
}

static int complete(struct arena *arena, struct oci_name *name, const char *text, struct error *err)
{
	const char *joined = arena_printf(arena, "%s%s%s", name->registry,
					  name->registry[0] != '\0' ? "/" : "", name->repository);

	if (joined == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", text);
	name->identifier = oci_sanitize(arena, joined, "-._~/");
	if (name->identifier == NULL || name->repository[0] == '\0')
		return error_set(err, EINVAL, "\"%s\" gives no name for an image", text);
	return 0;
}

int oci_name_parse(struct arena *arena, const char *text, bool is_docker, struct oci_name *ret,
		   struct error *err)
{
	char *copy = arena_string(arena, text);
	struct oci_name name = { .registry = "", .repository = copy, .tag = "" };
	char *slash;
	int r;

	if (copy == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", text);
	split_tag(copy, &name.tag);
	slash = strchr(copy, '/');
	if (slash != NULL && is_registry(copy, (size_t)(slash - copy))) {
		*slash = '\0';
		name.registry = copy;
		name.repository = slash + 1;
	} else if (is_docker) {
		name.registry = OCI_DOCKER_REGISTRY;
	}
	if (is_docker_registry(name.registry))
		name.registry = OCI_DOCKER_REGISTRY;
	if (strcmp(name.registry, OCI_DOCKER_REGISTRY) == 0 &&
	    strchr(name.repository, '/') == NULL && name.repository[0] != '\0')
		name.repository = arena_printf(arena, "library/%s", name.repository);
	if (name.repository == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", text);
	if (is_docker && name.tag[0] == '\0' && strchr(text, '@') == NULL)
		name.tag = "latest";
	r = complete(arena, &name, text, err);
	if (r == 0)
		*ret = name;
	return r;
}

int oci_name_of_file(struct arena *arena, const char *path, const char *tag, struct oci_name *ret,
		     struct error *err)
{
	static const char *const endings[] = { ".tar", ".oci", ".docker" };
	struct oci_name name = { .registry = "", .tag = tag != NULL ? tag : "" };
	size_t length = strlen(path);
	const char *slash;
	char *copy;
	int r;

	while (length > 1 && path[length - 1] == '/')
		length--;
	copy = arena_bytes(arena, path, length);
	if (copy == NULL)
		return error_set(err, ENOMEM, "reading %s: out of memory", path);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (length > n && strcmp(copy + length - n, endings[i]) == 0) {
			length -= n;
			copy[length] = '\0';
		}
	}
	slash = strrchr(copy, '/');
	name.repository = slash != NULL ? slash + 1 : copy;
	r = complete(arena, &name, path, err);
	if (r == 0)
		*ret = name;
	return r;
}
