/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/config/auth.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"
#include "common/json/json_decoder.h"
#include "stage0/config/config_file.h"

#define AUTH_FOLDER "auth.d"
#define AUTH_MAX    ((size_t)4096) /* domains, all files together */

struct auth_file {
	const char *kind, *version; /* checked by the reader of the folder */
	const char *const *domains;
	size_t n_domains;
	const char *type;
	const struct json_value *credentials;
	struct auth_entry entry; /* without a domain */
};

/* What is read so far; place: which of the places it is from. */
struct collected {
	struct auth_entry *items;
	unsigned char *places;
	size_t n;
};

struct reading {
	struct collected hosts, registries;
	unsigned char place;
};

static const char *const type_names[] = { "basic", "oauth", "aws" };

const char *auth_type_name(enum auth_type type)
{
	return type_names[type];
}

static int check_domain(struct json_decoder *decoder, const char *string)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:[]";

	if (string[0] == '\0' || string[0] == ':' || string[strspn(string, allowed)] != '\0')
		return json_refuse_string(decoder, string, "not a host or host:port");
	return 0;
}

/* Never with the text itself. */
static int check_secret(struct json_decoder *decoder, const char *string)
{
	if (string[0] == '\0')
		return json_refuse(decoder, "must not be empty");
	for (; *string != '\0'; string++)
		if ((unsigned char)*string < 0x20 || *string == 0x7f)
			return json_refuse(decoder, "has a character that cannot be sent");
	return 0;
}

/* The colon ends the user's name in what is sent. */
static int check_user(struct json_decoder *decoder, const char *string)
{
	if (strchr(string, ':') != NULL)
		return json_refuse(decoder, "must not have a colon");
	return check_secret(decoder, string);
}

#define SECRET(name_, member, check_, flags_)                                                      \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRING, .flags = (flags_),                     \
		.offset = offsetof(struct auth_entry, member), .check = (check_)                   \
	}

static const struct json_field basic_fields[] = {
	SECRET("user", user, check_user, JSON_REQUIRED),
	SECRET("password", password, check_secret, JSON_REQUIRED),
};

static const struct json_field oauth_fields[] = {
	SECRET("token", token, check_secret, JSON_REQUIRED),
};

static const struct json_field aws_fields[] = {
	SECRET("accessKeyID", access_key_id, check_user, JSON_REQUIRED),
	SECRET("secretAccessKey", secret_access_key, check_secret, JSON_REQUIRED),
	SECRET("awsRegion", aws_region, check_user, 0),
	SECRET("awsService", aws_service, check_user, 0),
};

static const struct json_table credentials_tables[] = {
	[AUTH_BASIC] = JSON_TABLE(struct auth_entry, basic_fields),
	[AUTH_OAUTH] = JSON_TABLE(struct auth_entry, oauth_fields),
	[AUTH_AWS] = JSON_TABLE(struct auth_entry, aws_fields),
};

/* Their table is known once the type is. */
static int keep_credentials(struct json_decoder *decoder, const struct json_value *value,
			    void *member)
{
	(void)decoder;
	*(const struct json_value **)member = value;
	return 0;
}

static int decode_credentials(struct json_decoder *decoder, struct auth_file *file,
			      enum auth_type type)
{
	int r;

	file->entry.type = type;
	json_enter_field(decoder, "credentials");
	r = json_decode(decoder, file->credentials, &credentials_tables[type], &file->entry);
	json_leave(decoder);
	return r;
}

static int check_auth(struct json_decoder *decoder, void *object)
{
	struct auth_file *file = object;

	for (size_t i = 0; i < ARRAY_LENGTH(type_names); i++)
		if (strcmp(file->type, type_names[i]) == 0)
			return decode_credentials(decoder, file, (enum auth_type)i);
	return json_refuse(decoder, "unknown auth type: \"%s\"", file->type);
}

static int check_docker(struct json_decoder *decoder, void *object)
{
	return decode_credentials(decoder, object, AUTH_BASIC);
}

#define HEAD_FIELDS                                                                                \
	{ .name = "rktKind",                                                                       \
	  .kind = JSON_FIELD_STRING,                                                               \
	  .offset = offsetof(struct auth_file, kind) },                                            \
	    { .name = "rktVersion",                                                                \
	      .kind = JSON_FIELD_STRING,                                                           \
	      .offset = offsetof(struct auth_file, version) },                                     \
	{                                                                                          \
		.name = "credentials", .kind = JSON_FIELD_CUSTOM, .flags = JSON_REQUIRED,          \
		.offset = offsetof(struct auth_file, credentials), .decode = keep_credentials      \
	}

#define DOMAINS(name_)                                                                             \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRINGS,                                       \
		.flags = JSON_REQUIRED | JSON_NOT_EMPTY,                                           \
		.offset = offsetof(struct auth_file, domains),                                     \
		.n_offset = offsetof(struct auth_file, n_domains), .check = check_domain           \
	}

static const struct json_field auth_fields[] = {
	HEAD_FIELDS,
	DOMAINS("domains"),
	{ .name = "type",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct auth_file, type),
	  .check = json_check_not_empty },
};

static const struct json_field docker_fields[] = {
	HEAD_FIELDS,
	DOMAINS("registries"),
};

static const struct json_table auth_table =
    JSON_TABLE(struct auth_file, auth_fields, .check = check_auth);
static const struct json_table docker_table =
    JSON_TABLE(struct auth_file, docker_fields, .check = check_docker);

static int add_entry(struct json_decoder *decoder, struct collected *list,
		     const struct auth_entry *entry, unsigned char place)
{
	size_t i = 0;

	while (i < list->n && strcasecmp(list->items[i].domain, entry->domain) != 0)
		i++;
	if (i < list->n && list->places[i] == place)
		return json_refuse(decoder, "\"%s\" has credentials in this folder already",
				   entry->domain);
	if (i == AUTH_MAX)
		return json_refuse(decoder, "more than %zu domains", AUTH_MAX);
	list->items[i] = *entry;
	list->places[i] = place;
	list->n += i == list->n;
	return 0;
}

static int add_file(struct json_decoder *decoder, const struct auth_file *file,
		    struct collected *list, unsigned char place)
{
	if (list->items == NULL) {
		list->items = arena_array(decoder->arena, AUTH_MAX, struct auth_entry);
		list->places = arena_array(decoder->arena, AUTH_MAX, unsigned char);
	}
	if (list->items == NULL || list->places == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < file->n_domains; i++) {
		struct auth_entry entry = file->entry;
		int r;

		entry.domain = file->domains[i];
		r = add_entry(decoder, list, &entry, place);
		if (r < 0)
			return r;
	}
	return 0;
}

static int merge_auth(struct json_decoder *decoder, const void *decoded, void *values)
{
	struct reading *reading = values;

	return add_file(decoder, decoded, &reading->hosts, reading->place);
}

static int merge_docker(struct json_decoder *decoder, const void *decoded, void *values)
{
	struct reading *reading = values;

	return add_file(decoder, decoded, &reading->registries, reading->place);
}

static const struct config_kind auth_kinds[] = {
	{ AUTH_FOLDER, "auth", &auth_table, merge_auth },
	{ AUTH_FOLDER, "dockerAuth", &docker_table, merge_docker },
};

static const struct config_kinds kinds = { auth_kinds, ARRAY_LENGTH(auth_kinds), true };

int config_auth_read(struct arena *arena, const struct config_places *places,
		     struct config_auth *ret, struct error *err)
{
	const char *const in_order[] = { places->vendor, places->machine, places->user };
	struct reading reading = { .place = 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(in_order); i++) {
		int r = 0;

		reading.place = (unsigned char)i;
		if (in_order[i] != NULL && in_order[i][0] != '\0')
			r = config_folder_read(arena, in_order[i], &kinds, &reading, err);
		if (r < 0)
			return r;
	}
	*ret = (struct config_auth){
		.hosts = { reading.hosts.items, reading.hosts.n },
		.registries = { reading.registries.items, reading.registries.n },
	};
	return 0;
}

/* The length of the host in "host:port" or "[::1]:port". */
static size_t host_length(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon != NULL && strchr(colon, ']') == NULL ? (size_t)(colon - text) : strlen(text);
}

static bool is_same(const char *domain, const char *host, const char *default_port)
{
	size_t n = host_length(domain), m = host_length(host);
	const char *port = domain[n] == ':' ? domain + n + 1 : default_port;
	const char *wanted = host[m] == ':' ? host + m + 1 : default_port;

	return n == m && strncasecmp(domain, host, n) == 0 && strcmp(port, wanted) == 0;
}

const struct auth_entry *auth_find(const struct auth_list *list, const char *host,
				   const char *default_port)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_same(list->items[i].domain, host, default_port))
			return &list->items[i];
	return NULL;
}
