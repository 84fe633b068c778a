/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/registry_login.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "stage0/config/auth.h"

static const char docker_registry[] = "docker.io";

static bool is_registry(const char *name, size_t length)
{
	return memchr(name, '.', length) != NULL || memchr(name, ':', length) != NULL ||
	       (length == strlen("localhost") && strncmp(name, "localhost", length) == 0);
}

static const char *const docker_names[] = { docker_registry, "index.docker.io",
					    "registry-1.docker.io" };

static bool is_docker(const char *host)
{
	for (size_t i = 0; i < ARRAY_LENGTH(docker_names); i++)
		if (strcmp(host, docker_names[i]) == 0)
			return true;
	return false;
}

static const struct auth_entry *find_docker(const struct auth_list *list)
{
	const struct auth_entry *found = NULL;

	for (size_t i = 0; found == NULL && i < ARRAY_LENGTH(docker_names); i++)
		found = auth_find(list, docker_names[i], "443");
	return found;
}

int registry_login_find(struct arena *arena, const struct config_places *places,
			const struct image_source *source, struct store_login *ret,
			struct error *err)
{
	size_t length = strcspn(source->location, "/");
	const struct auth_entry *found;
	struct config_auth auth = { 0 };
	const char *host;
	int r;

	if (source->kind != IMAGE_SOURCE_REGISTRY)
		return 0;
	r = config_auth_read(arena, places, &auth, err);
	if (r < 0)
		return r;
	host = arena_bytes(arena, source->location, length);
	if (host == NULL)
		return error_set(err, ENOMEM, "%s: out of memory", source->text);
	/* As skopeo calls it, whose file of credentials this becomes. */
	if (source->location[length] == '\0' || !is_registry(host, length) || is_docker(host))
		host = docker_registry;
	found = host == docker_registry ? find_docker(&auth.registries)
					: auth_find(&auth.registries, host, "443");
	if (found == NULL)
		return 0;
	*ret = (struct store_login){ host, found->user, found->password };
	return 1;
}
