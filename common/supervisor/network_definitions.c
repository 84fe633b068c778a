/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_definitions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_reader.h"

#define MAX_FILES 1024 /* of one directory */

struct directory {
	DIR *dir;
	const char *path;
};

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), of_end = strlen(end);

	return length > of_end && strcmp(name + length - of_end, end) == 0;
}

static bool is_definition(const char *name)
{
	return name[0] != '.' && (ends_with(name, ".conf") || ends_with(name, ".conflist"));
}

static int compare_names(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

/* The names of the definitions in a directory, sorted. */
static int list_files(struct arena *arena, DIR *dir, const char **names, size_t *ret_n)
{
	struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (!is_definition(entry->d_name))
			continue;
		if (n == MAX_FILES)
			return -EFBIG;
		names[n] = arena_string(arena, entry->d_name);
		if (names[n++] == NULL)
			return -ENOMEM;
	}
	qsort(names, n, sizeof(names[0]), compare_names);
	*ret_n = n;
	return 0;
}

int network_definition_parse(struct arena *arena, struct network_definition *definition,
			     struct error *err)
{
	return cni_network_parse(
	    arena,
	    &(const struct cni_source){ .text = definition->text,
					.length = definition->length,
					.place = definition->file,
					.is_list = ends_with(definition->base, ".conflist") },
	    &definition->cni, err);
}

static int read_definition(struct arena *arena, const struct directory *directory, const char *name,
			   struct network_definition *ret, struct error *err)
{
	struct network_definition definition = { .base = name, .args = "" };
	auto_text struct text text = { 0 };
	/* Follows a link: administrators keep them there, and only they can. */
	auto_close int fd = openat(dirfd(directory->dir), name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	definition.file = arena_printf(arena, "%s/%s", directory->path, name);
	if (definition.file == NULL)
		return error_set(err, ENOMEM, "reading networks: out of memory");
	if (fd < 0)
		return error_from_errno(err, "opening %s", definition.file);
	r = file_read_fd(fd, CNI_NETWORK_MAX_BYTES, &text);
	if (r < 0)
		return error_set(err, -r, "reading %s: %s", definition.file, strerror(-r));
	definition.text = arena_bytes(arena, text_string(&text), text.length);
	definition.length = text.length;
	if (definition.text == NULL)
		return error_set(err, ENOMEM, "reading networks: out of memory");
	r = network_definition_parse(arena, &definition, err);
	if (r == 0)
		*ret = definition;
	return r;
}

static struct network_definition *find(const struct network_definitions *found, const char *name)
{
	for (size_t i = 0; i < found->n; i++)
		if (strcmp(found->items[i].cni.name, name) == 0)
			return &found->items[i];
	return NULL;
}

static int read_directory(struct arena *arena, const char *path, struct network_definitions *found,
			  struct error *err)
{
	auto_dir DIR *dir = opendir(path);
	const char **names;
	size_t n = 0;
	int r;

	if (dir == NULL && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (dir == NULL)
		return error_from_errno(err, "opening %s", path);
	names = arena_array(arena, MAX_FILES, const char *);
	r = names == NULL ? -ENOMEM : list_files(arena, dir, names, &n);
	if (r < 0)
		return error_set(err, -r, "reading the directory %s: %s", path, strerror(-r));
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct network_definition *next = &found->items[found->n];

		r = read_definition(arena, &(struct directory){ dir, path }, names[i], next, err);
		if (r == 0 && find(found, next->cni.name) == NULL)
			found->n++;
	}
	return r;
}

int network_definitions_read(struct arena *arena, const struct network_places *places,
			     struct network_definitions *ret, struct error *err)
{
	const char *local = arena_printf(arena, "%s/net.d", places->local_config);
	const char *own = arena_printf(arena, "%s/etc/rkt/net.d", places->stage1_root);
	int r;

	ret->items = arena_array(arena, 2 * MAX_FILES + 1, struct network_definition);
	if (local == NULL || own == NULL || ret->items == NULL)
		return error_set(err, ENOMEM, "reading networks: out of memory");
	r = read_directory(arena, local, ret, err);
	return r < 0 ? r : read_directory(arena, own, ret, err);
}

static const struct plan_named_network *find_named(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_networks; i++)
		if (strcmp(plan->networks[i].name, name) == 0)
			return &plan->networks[i];
	return NULL;
}

/* "all" does not mean both of the built-in ones. */
static bool is_chosen(const struct plan *plan, const struct network_definitions *found,
		      const struct network_definition *definition)
{
	const char *name = definition->cni.name;

	if (find_named(plan, name) != NULL)
		return true;
	return plan->all_networks &&
	       (strcmp(name, "default-restricted") != 0 || find(found, "default") == NULL);
}

static int choose(struct arena *arena, const struct plan *plan,
		  const struct network_definitions *found, struct network_definitions *ret,
		  struct error *err)
{
	ret->items = arena_array(arena, found->n + 1, struct network_definition);
	if (ret->items == NULL)
		return error_set(err, ENOMEM, "choosing networks: out of memory");
	for (size_t i = 0; i < found->n; i++) {
		struct network_definition *next = &ret->items[ret->n];
		const struct plan_named_network *named;

		if (!is_chosen(plan, found, &found->items[i]))
			continue;
		*next = found->items[i];
		named = find_named(plan, next->cni.name);
		if (named != NULL)
			next->args = named->args;
		(void)snprintf(next->interface, sizeof(next->interface), "eth%zu", ret->n);
		ret->n++;
	}
	return 0;
}

static int check_all_found(const struct network_places *places, const struct plan *plan,
			   const struct network_definitions *chosen, struct error *err)
{
	for (size_t i = 0; i < plan->n_networks; i++)
		if (find(chosen, plan->networks[i].name) == NULL)
			return error_set(err, ENOENT,
					 "network %s: not defined, neither in %s/net.d nor in "
					 "the stage1 image",
					 plan->networks[i].name, places->local_config);
	return 0;
}

int network_definition_add_ports(struct arena *arena, struct network_definition *definition,
				 struct error *err)
{
	static const char text[] = "{\"type\":\"portmap\"}";
	const struct json_source source = { .text = text,
					    .length = sizeof(text) - 1,
					    .place = "portmap" };
	struct json_value *conf = arena_new(arena, struct json_value);
	size_t n = definition->cni.n_plugins;
	struct cni_plugin *plugins = arena_array(arena, n + 1, struct cni_plugin);

	if (conf == NULL || plugins == NULL)
		return error_set(err, ENOMEM, "forwarding ports: out of memory");
	if (json_read(arena, &source, conf, err) < 0)
		return -err->code;
	memcpy(plugins, definition->cni.plugins, n * sizeof(plugins[0]));
	plugins[n] = (struct cni_plugin){ .type = "portmap", .conf = conf, .port_mappings = true };
	definition->cni.plugins = plugins;
	definition->cni.n_plugins = n + 1;
	definition->ports_added = true;
	return 0;
}

static bool masquerades(const struct cni_network *network)
{
	for (size_t i = 0; i < network->n_plugins; i++)
		if (network->plugins[i].masquerades)
			return true;
	return false;
}

/*
 * Ports go to the networks whose definition asks for them.  rkt forwards ports whatever
 * the definition says, to the first network with masquerading, or else to the last.
 */
static int give_ports(struct arena *arena, const struct plan *plan,
		      struct network_definitions *chosen, struct error *err)
{
	struct network_definition *to;

	if (plan->n_ports == 0 || chosen->n == 0)
		return 0;
	to = &chosen->items[chosen->n - 1];
	for (size_t i = chosen->n; i-- > 0;) {
		if (cni_network_maps_ports(&chosen->items[i].cni))
			return 0;
		if (masquerades(&chosen->items[i].cni))
			to = &chosen->items[i];
	}
	return network_definition_add_ports(arena, to, err);
}

int network_definitions_select(struct arena *arena, const struct network_places *places,
			       const struct plan *plan, struct network_definitions *ret,
			       struct error *err)
{
	struct network_definitions found = { 0 }, chosen = { 0 };
	int r = network_definitions_read(arena, places, &found, err);

	if (r == 0)
		r = choose(arena, plan, &found, &chosen, err);
	if (r == 0)
		r = check_all_found(places, plan, &chosen, err);
	if (r == 0)
		r = give_ports(arena, plan, &chosen, err);
	if (r == 0)
		*ret = chosen;
	return r;
}
