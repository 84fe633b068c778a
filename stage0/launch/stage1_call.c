/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/stage1_call.h"

#include <errno.h>
#include <string.h>

#include "stage0/command.h"
#include "stage0/pods/stage1_program.h"

/* The interface version that brought a flag. */
enum { SINCE_HOSTNAME = 2, SINCE_INSECURE = 3, SINCE_DNS = 4, SINCE_IPC = 6 };

struct argv_builder {
	struct arena *arena;
	struct option_list *argv, *warnings;
	unsigned version;
	int status;
};

static bool has_dots(const char *path)
{
	for (const char *p = strstr(path, ".."); p != NULL; p = strstr(p + 2, ".."))
		if (p[-1] == '/' && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

bool stage1_has_entrypoint(const struct image_manifest *stage1, const char *annotation)
{
	return manifest_pairs_get(&stage1->annotations, annotation) != NULL;
}

int stage1_entrypoint(const struct image_manifest *stage1, const char *annotation, const char **ret,
		      struct error *err)
{
	const char *path = manifest_pairs_get(&stage1->annotations, annotation);

	if (path == NULL)
		return error_set(err, ENOENT, "the stage1 %s has no annotation %s", stage1->name,
				 annotation);
	if (path[0] != '/' || has_dots(path))
		return error_set(err, EINVAL, "the stage1 %s: %s: \"%s\" is not an absolute path",
				 stage1->name, annotation, path);
	*ret = path;
	return 0;
}

static void add(struct argv_builder *builder, const char *argument)
{
	if (builder->status == 0)
		builder->status = argument == NULL
				      ? -ENOMEM
				      : option_list_add(builder->arena, builder->argv, argument);
}

static void add_option(struct argv_builder *builder, const char *name, const char *value)
{
	if (value != NULL)
		add(builder, arena_printf(builder->arena, "--%s=%s", name, value));
}

/* False: the stage1 is too old for it, and the user is told. */
static bool knows(struct argv_builder *builder, unsigned since, const char *complaint)
{
	if (builder->version >= since)
		return true;
	if (builder->status == 0)
		builder->status = option_list_add(builder->arena, builder->warnings, complaint);
	return false;
}

static void add_networks(struct argv_builder *builder, const struct option_list *networks)
{
	auto_text struct text joined = { 0 };

	for (size_t i = 0; i < networks->n; i++)
		(void)text_printf(&joined, "%s%s", i > 0 ? "," : "", networks->items[i]);
	if (text_status(&joined) < 0)
		builder->status = -ENOMEM;
	else
		add_option(builder, "net", networks->n > 0 ? text_string(&joined) : "default");
}

static void add_insecure(struct argv_builder *builder, unsigned insecure)
{
	if ((insecure & INSECURE_ALL_RUN) == 0 ||
	    !knows(builder, SINCE_INSECURE,
		   "--insecure-options of the run are not supported by stage1"))
		return;
	if ((insecure & INSECURE_CAPABILITIES) != 0)
		add(builder, "--disable-capabilities-restriction");
	if ((insecure & INSECURE_PATHS) != 0)
		add(builder, "--disable-paths");
	if ((insecure & INSECURE_SECCOMP) != 0)
		add(builder, "--disable-seccomp");
}

int stage1_run_argv(struct arena *arena, const struct image_manifest *stage1,
		    const struct stage1_run *run, struct option_list *ret_argv,
		    struct option_list *warnings)
{
	struct argv_builder builder = {
		.arena = arena,
		.argv = ret_argv,
		.warnings = warnings,
		.version = stage1_interface_version(stage1),
	};

	add(&builder, run->program);
	if (run->debug)
		add(&builder, "--debug");
	add_networks(&builder, run->networks);
	add_option(&builder, "mds-token", run->mds_token);
	if (run->has_private_users)
		add(&builder,
		    arena_printf(arena, "--private-users=%u:%u", run->user_base, run->user_count));
	if (run->interactive)
		add(&builder, "--interactive");
	add_option(&builder, "local-config", run->local_config);
	if (run->hostname != NULL &&
	    knows(&builder, SINCE_HOSTNAME, "--hostname option is not supported by stage1"))
		add_option(&builder, "hostname", run->hostname);
	if (run->dns_conf_mode != NULL &&
	    knows(&builder, SINCE_DNS, "--dns-conf-mode option not supported by stage1"))
		add_option(&builder, "dns-conf-mode", run->dns_conf_mode);
	add_insecure(&builder, run->insecure);
	if (run->ipc != NULL &&
	    knows(&builder, SINCE_IPC, "--ipc option is not supported by stage1"))
		add_option(&builder, "ipc", run->ipc);
	add(&builder, run->uuid);
	return builder.status;
}
