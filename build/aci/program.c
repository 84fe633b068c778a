/* SPDX-License-Identifier: Apache-2.0 */
#include "build/aci/program.h"

#include <string.h>

#include "common/base/cleanup.h"

static const struct aci_command *const commands[] = {
	&aci_build, &aci_from_oci, &aci_validate, &aci_cat_manifest, &aci_extract, &aci_id,
};

const char *const aci_compressions[] = { "none", "gzip", "zstd", "xz", NULL };

static const struct option_spec global_specs[] = {
	{
	    .name = "help",
	    .letter = 'h',
	    .kind = OPTION_FLAG,
	    .offset = offsetof(struct aci_options, help),
	    .help = "Print this help and exit.",
	},
	{
	    .name = "version",
	    .kind = OPTION_FLAG,
	    .offset = offsetof(struct aci_options, version),
	    .help = "Print the version and exit.",
	},
};

const struct aci_command *aci_program_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

struct option_set aci_program_global(struct aci_options *target)
{
	return (struct option_set){ "Global options", global_specs, ARRAY_LENGTH(global_specs),
				    target };
}

struct option_set aci_program_own(const struct aci_command *command, struct aci_options *target)
{
	return (struct option_set){ "Options", command->specs, command->n_specs, target };
}

struct option_program *aci_program_describe(struct arena *arena)
{
	struct option_program *program = arena_new(arena, struct option_program);
	struct option_command *described =
	    arena_array(arena, ARRAY_LENGTH(commands), struct option_command);
	/* Each command's own, then the global ones. */
	struct option_set *sets = arena_array(arena, ARRAY_LENGTH(commands) + 1, struct option_set);

	if (program == NULL || described == NULL || sets == NULL)
		return NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
		sets[i] = aci_program_own(commands[i], NULL);
		described[i] = (struct option_command){ .name = commands[i]->name,
							.synopsis = commands[i]->synopsis,
							.summary = commands[i]->summary,
							.sets = &sets[i],
							.n_sets = 1 };
	}
	sets[ARRAY_LENGTH(commands)] = aci_program_global(NULL);
	*program = (struct option_program){ .name = "aci",
					    .summary = "builds, checks and unpacks App Container "
						       "images",
					    .commands = described,
					    .n_commands = ARRAY_LENGTH(commands),
					    .global = &sets[ARRAY_LENGTH(commands)] };
	return program;
}
