/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config - the configuration that is in force, as entries that could be files of it.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/json/json_writer.h"
#include "stage0/command.h"
#include "stage0/config/auth.h"
#include "stage0/version.h"

struct config_options {
	const char *pretty;
};

static const struct option_spec specs[] = {
	{ .name = "pretty-print",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct config_options, pretty),
	  .value_name = "BOOL",
	  .help = "indent the output",
	  .default_text = "true",
	  .implied = "true" },
};

static void begin_entry(struct json_writer *writer, const char *kind)
{
	json_begin_object(writer, NULL);
	json_put_string(writer, "rktVersion", "v1");
	json_put_string(writer, "rktKind", kind);
}

static void put_if_set(struct json_writer *writer, const char *key, const char *value)
{
	if (value != NULL)
		json_put_string(writer, key, value);
}

static void write_credentials(struct json_writer *writer, const struct auth_entry *entry)
{
	json_begin_object(writer, "credentials");
	put_if_set(writer, "user", entry->user);
	put_if_set(writer, "password", entry->password);
	put_if_set(writer, "token", entry->token);
	put_if_set(writer, "accessKeyID", entry->access_key_id);
	put_if_set(writer, "secretAccessKey", entry->secret_access_key);
	put_if_set(writer, "awsRegion", entry->aws_region);
	put_if_set(writer, "awsService", entry->aws_service);
	json_end_object(writer);
}

static int compare_domains(const void *a, const void *b)
{
	return strcmp(((const struct auth_entry *)a)->domain,
		      ((const struct auth_entry *)b)->domain);
}

/* An entry for each domain, whatever files they came from. */
static int write_auth(struct json_writer *writer, struct arena *arena, const struct auth_list *list,
		      bool docker)
{
	struct auth_entry *sorted = arena_array(arena, list->n + 1, struct auth_entry);

	if (sorted == NULL)
		return -ENOMEM;
	if (list->n > 0)
		memcpy(sorted, list->items, list->n * sizeof(*sorted));
	qsort(sorted, list->n, sizeof(*sorted), compare_domains);
	for (size_t i = 0; i < list->n; i++) {
		begin_entry(writer, docker ? "dockerAuth" : "auth");
		json_put_strings(writer, docker ? "registries" : "domains", &sorted[i].domain, 1);
		if (!docker)
			json_put_string(writer, "type", auth_type_name(sorted[i].type));
		write_credentials(writer, &sorted[i]);
		json_end_object(writer);
	}
	return 0;
}

static void write_paths(struct json_writer *writer, const struct config *config)
{
	begin_entry(writer, "paths");
	json_put_string(writer, "data", config->data != NULL ? config->data : COMMAND_DATA_PATH);
	put_if_set(writer, "stage1-images", config->stage1_images);
	json_end_object(writer);
}

static void write_stage1(struct json_writer *writer, const struct config_stage1 *stage1)
{
	const bool is_default = stage1->name == NULL && stage1->location == NULL;

	begin_entry(writer, "stage1");
	put_if_set(writer, "name", is_default ? RKT_STAGE1 : stage1->name);
	put_if_set(writer, "version", is_default ? RKT_VERSION : stage1->version);
	put_if_set(writer, "location", stage1->location);
	json_end_object(writer);
}

static void write_policy(struct json_writer *writer, const struct config_stage1_policy *policy)
{
	begin_entry(writer, "stage1Policy");
	json_put_bool(writer, "annotationMayLower", policy->annotation_may_lower);
	json_put_strings(writer, "levels", policy->levels, policy->n_levels);
	json_end_object(writer);
}

static int write_all(struct arena *arena, struct json_writer *writer, const struct config *config,
		     const struct config_auth *auth)
{
	int r;

	json_begin_object(writer, NULL);
	json_begin_array(writer, "stage0");
	r = write_auth(writer, arena, &auth->hosts, false);
	if (r == 0)
		r = write_auth(writer, arena, &auth->registries, true);
	if (r < 0)
		return r;
	write_paths(writer, config);
	write_stage1(writer, &config->stage1);
	write_policy(writer, &config->policy);
	json_end_array(writer);
	json_end_object(writer);
	return json_writer_finish(writer);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct config_options *options = call->options;
	const struct config_places *places = &call->global->places;
	auto_text struct text out = { 0 };
	struct json_writer writer = { .out = &out };
	struct config_auth auth = { .hosts = { .n = 0 } };
	struct config config;
	int pretty = 1, r;

	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[0]);
	if (options->pretty != NULL && parse_bool(options->pretty, &pretty) < 0)
		return error_set(err, EINVAL, "--pretty-print: \"%s\" is not a bool",
				 options->pretty);
	r = config_read(call->arena, places, &config, err);
	if (r == 0)
		r = config_auth_read(call->arena, places, &auth, err);
	if (r < 0)
		return error_prefix(err, "cannot get configuration");
	writer.pretty = pretty != 0;
	r = write_all(call->arena, &writer, &config, &auth);
	if (r < 0)
		return error_set(err, -r, "printing the configuration: %s", strerror(-r));
	(void)printf("%s\n", text_string(&out));
	return 0;
}

const struct command command_config = {
	.name = "config",
	.synopsis = "[options]",
	.summary = "prints the configuration that is in force, credentials included",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct config_options),
	.run = run,
};
