/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/manifest/name.h"
#include "stage0/request/request_parts.h"

/* What the words of one --volume have said so far. */
struct volume_words {
	struct volume volume;
	bool has_kind;
	const char *seen[8]; /* keys, to find duplicates */
	size_t n_seen;
};

int request_next_word(struct arena *arena, const char **list, struct request_word *ret)
{
	size_t length = strcspn(*list, ",");
	size_t key_length = strcspn(*list, "=,");

	if (**list == '\0')
		return 0;
	*ret = (struct request_word){ .key = arena_bytes(arena, *list, key_length),
				      .key_length = key_length };
	if (ret->key == NULL)
		return -ENOMEM;
	if (key_length < length) {
		ret->value = arena_bytes(arena, *list + key_length + 1, length - key_length - 1);
		if (ret->value == NULL)
			return -ENOMEM;
	}
	*list += length + ((*list)[length] == ',');
	return 1;
}

static int take_bool(const char *value, bool *ret)
{
	int flag;
	int r = parse_bool(value, &flag);

	if (r == 0)
		*ret = flag != 0;
	return r;
}

static int take_kind(struct volume_words *words, const char *value)
{
	words->has_kind = true;
	if (strcmp(value, "host") == 0)
		words->volume.kind = VOLUME_HOST;
	else if (strcmp(value, "empty") == 0)
		words->volume.kind = VOLUME_EMPTY;
	else
		return -EINVAL;
	return 0;
}

static int take_source(struct volume_words *words, const char *value)
{
	words->volume.source = value;
	return value[0] == '/' ? 0 : -EINVAL;
}

static int take_read_only(struct volume_words *words, const char *value)
{
	words->volume.has_read_only = true;
	return take_bool(value, &words->volume.read_only);
}

static int take_recursive(struct volume_words *words, const char *value)
{
	words->volume.has_recursive = true;
	return take_bool(value, &words->volume.recursive);
}

static int take_mode(struct volume_words *words, const char *value)
{
	return parse_mode(value, &words->volume.mode);
}

static int take_uid(struct volume_words *words, const char *value)
{
	return parse_id(value, &words->volume.uid);
}

static int take_gid(struct volume_words *words, const char *value)
{
	return parse_id(value, &words->volume.gid);
}

static const struct {
	const char *key;
	int (*take)(struct volume_words *words, const char *value);
	bool host, empty; /* the kinds that know it */
} volume_keys[] = {
	{ "kind", take_kind, true, true },          { "source", take_source, true, false },
	{ "readOnly", take_read_only, true, true }, { "recursive", take_recursive, true, false },
	{ "mode", take_mode, false, true },         { "uid", take_uid, false, true },
	{ "gid", take_gid, false, true },
};

static int find_key(const char *key)
{
	for (size_t i = 0; i < ARRAY_LENGTH(volume_keys); i++)
		if (strcmp(volume_keys[i].key, key) == 0)
			return (int)i;
	return -ENOENT;
}

static int take_word(struct volume_words *words, const struct request_word *word, struct error *err)
{
	int key = find_key(word->key);

	if (key < 0 || word->value == NULL)
		return error_set(err, EINVAL, "\"%s\" is no parameter of a volume", word->key);
	for (size_t i = 0; i < words->n_seen; i++)
		if (strcmp(words->seen[i], word->key) == 0)
			return error_set(err, EINVAL, "%s is given twice", word->key);
	words->seen[words->n_seen++] = word->key;
	if (volume_keys[key].take(words, word->value) < 0)
		return error_set(err, EINVAL, "%s=%s is not valid", word->key, word->value);
	return 0;
}

static int check_volume(const struct volume_words *words, struct error *err)
{
	bool host = words->volume.kind == VOLUME_HOST;

	if (!words->has_kind)
		return error_set(err, EINVAL, "kind=host or kind=empty is missing");
	if (host && words->volume.source == NULL)
		return error_set(err, EINVAL, "source=PATH is missing");
	for (size_t i = 0; i < words->n_seen; i++) {
		int key = find_key(words->seen[i]);

		if (host ? !volume_keys[key].host : !volume_keys[key].empty)
			return error_set(err, EINVAL, "%s does not go with kind=%s", words->seen[i],
					 host ? "host" : "empty");
	}
	return 0;
}

static int read_volume(struct arena *arena, const char *list, struct volume_words *words,
		       struct error *err)
{
	struct request_word word;
	int r = request_next_word(arena, &list, &word);

	if (r > 0 && word.value != NULL && strcmp(word.key, "name") == 0)
		words->volume.name = word.value;
	else if (r > 0 && word.value == NULL)
		words->volume.name = word.key;
	if (!name_is_ac_name(words->volume.name))
		return error_set(err, EINVAL, "it does not start with a valid volume name");
	while ((r = request_next_word(arena, &list, &word)) > 0) {
		r = take_word(words, &word, err);
		if (r < 0)
			return r;
	}
	return r < 0 ? error_set(err, -r, "out of memory") : check_volume(words, err);
}

int request_set_volume(void *target, const struct option_spec *spec, const char *value,
		       struct error *err)
{
	struct request *request = target;
	struct volume_words words = { .volume = { .name = "", .mode = 0755 } };
	struct volume *grown;
	int r = read_volume(request->arena, value, &words, err);

	(void)spec;
	if (r < 0)
		return error_prefix(err, "\"%s\"", value);
	for (size_t i = 0; i < request->n_volumes; i++)
		if (strcmp(request->volumes[i].name, words.volume.name) == 0)
			return error_set(err, EINVAL, "there are two volumes named %s",
					 words.volume.name);
	grown = request_grow(request->arena, request->volumes, request->n_volumes, sizeof(*grown));
	if (grown == NULL)
		return error_set(err, ENOMEM, "out of memory");
	grown[request->n_volumes++] = words.volume;
	request->volumes = grown;
	return 0;
}

static int read_mount(struct arena *arena, const char *list, struct app_mount *mount,
		      struct error *err)
{
	struct request_word word;
	int r;

	while ((r = request_next_word(arena, &list, &word)) > 0) {
		const char **member = NULL;

		if (strcmp(word.key, "volume") == 0)
			member = &mount->volume;
		else if (strcmp(word.key, "target") == 0)
			member = &mount->path;
		if (member == NULL || word.value == NULL)
			return error_set(err, EINVAL, "\"%s\" is no parameter of a mount",
					 word.key);
		if (*member != NULL)
			return error_set(err, EINVAL, "%s is given twice", word.key);
		*member = word.value;
	}
	if (r < 0)
		return error_set(err, -r, "out of memory");
	if (mount->volume == NULL || !name_is_ac_name(mount->volume))
		return error_set(err, EINVAL, "volume=NAME is missing or no valid name");
	if (mount->path == NULL || mount->path[0] == '\0')
		return error_set(err, EINVAL, "target=PATH is missing");
	return 0;
}

int request_set_mount(void *target, const struct option_spec *spec, const char *value,
		      struct error *err)
{
	struct request *request = target;
	struct request_image *image = request_last_image(request);
	const struct app_mount **mounts = image != NULL ? &image->mounts : &request->mounts;
	size_t *n = image != NULL ? &image->n_mounts : &request->n_mounts;
	struct app_mount mount = { 0 };
	struct app_mount *grown;
	int r = read_mount(request->arena, value, &mount, err);

	(void)spec;
	if (r < 0)
		return error_prefix(err, "\"%s\"", value);
	for (size_t i = 0; mount.path != NULL && i < *n; i++)
		if (strcmp((*mounts)[i].path, mount.path) == 0)
			return error_set(err, EINVAL, "there are two mounts at %s", mount.path);
	grown = request_grow(request->arena, *mounts, *n, sizeof(*grown));
	if (grown == NULL)
		return error_set(err, ENOMEM, "out of memory");
	grown[(*n)++] = mount;
	*mounts = grown;
	return 0;
}

static bool is_ip(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static int read_port(struct arena *arena, const char *value, struct pod_port *port)
{
	size_t name_length = strcspn(value, ":");
	const char *rest = value + name_length;
	const char *last = strrchr(value, ':');
	uint32_t number;

	if (rest[0] != ':' || parse_u32(last + 1, UINT16_MAX, &number) < 0 || number == 0)
		return -EINVAL;
	port->name = arena_bytes(arena, value, name_length);
	if (port->name == NULL)
		return -ENOMEM;
	if (!name_is_ac_name(port->name))
		return -EINVAL;
	port->host_port = (uint16_t)number;
	if (last == rest)
		return 0;
	port->host_ip = arena_bytes(arena, rest + 1, (size_t)(last - rest - 1));
	if (port->host_ip == NULL)
		return -ENOMEM;
	return is_ip(port->host_ip) ? 0 : -EINVAL;
}

int request_set_port(void *target, const struct option_spec *spec, const char *value,
		     struct error *err)
{
	struct request *request = target;
	struct pod_port port = { 0 };
	struct pod_port *grown;
	int r = read_port(request->arena, value, &port);

	(void)spec;
	if (r == -EINVAL)
		return error_set(err, EINVAL, "\"%s\" is not NAME:[IP:]PORT", value);
	for (size_t i = 0; r == 0 && i < request->n_ports; i++)
		if (strcmp(request->ports[i].name, port.name) == 0)
			return error_set(err, EINVAL, "port %s is given twice", port.name);
	grown =
	    r < 0 ? NULL
		  : request_grow(request->arena, request->ports, request->n_ports, sizeof(*grown));
	if (grown == NULL)
		return error_set(err, ENOMEM, "out of memory");
	grown[request->n_ports++] = port;
	request->ports = grown;
	return 0;
}
