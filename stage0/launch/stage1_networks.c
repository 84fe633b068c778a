/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/stage1_networks.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "common/process/program_run.h"
#include "stage0/launch/stage1_call.h"

#define COMPLAINTS_MAX_BYTES 4096

/* Each of the plugins has a minute of its own. */
static const int patience_ms = 600000;

static int run_entrypoint(const struct launch *launch, struct error *err)
{
	struct arena *arena = launch->call->arena;
	auto_program_answer struct program_answer answer = { .out.cap = COMPLAINTS_MAX_BYTES,
							     .complaints.cap =
								 COMPLAINTS_MAX_BYTES };
	const char *argv[] = { NULL, NULL, NULL, NULL }, *root, *entrypoint;
	struct program_run run = {
		.argv = argv,
		.environment = (const char *const *)(uintptr_t)launch->call->environment,
		.timeout_ms = patience_ms,
	};
	int r = stage1_entrypoint(&launch->stage1.manifest, STAGE1_GC_NETWORKS, &entrypoint, err);

	if (r < 0)
		return r;
	root = arena_printf(arena, "%s/cas/tree/%s/rootfs", launch->data_path,
			    launch->stage1.stored.tree_id);
	argv[0] = arena_printf(arena, "%s%s", root != NULL ? root : "", entrypoint);
	argv[1] = arena_printf(arena, "--stage1-root=%s", root != NULL ? root : "");
	argv[2] = arena_printf(arena, "--local-config=%s", launch->call->global->places.machine);
	if (root == NULL || argv[0] == NULL || argv[1] == NULL || argv[2] == NULL)
		return error_set(err, ENOMEM, "out of memory");
	run.path = argv[0];
	r = program_run(&run, &answer, err);
	if (r < 0)
		return r;
	if (WIFEXITED(answer.wait_status) && WEXITSTATUS(answer.wait_status) == 0)
		return 0;
	return error_set(err, EIO, "%.*s", (int)strcspn(text_string(&answer.complaints), "\n"),
			 text_string(&answer.complaints));
}

/*
 * 1: it was asked; 0: the store does not have it, or it knows of no networks.  One that is only
 * installed has joined none: it is not imported for that.
 */
static int try_level(struct launch *launch, const char *name, struct error *err)
{
	int r;

	store_image_release(&launch->stage1.stored);
	r = launch_find_stored(launch, name, &launch->stage1.stored, err);
	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r == 0)
		r = launch_read_manifest(launch, &launch->stage1.stored, &launch->stage1.manifest,
					 err);
	if (r < 0 || !stage1_has_entrypoint(&launch->stage1.manifest, STAGE1_GC_NETWORKS))
		return r;
	r = run_entrypoint(launch, err);
	return r < 0 ? r : 1;
}

int stage1_collect_networks(const struct command_call *call, struct error *err)
{
	struct request nothing = { .arena = call->arena };
	struct command_call mine = *call;
	auto_launch struct launch launch = LAUNCH_NONE;
	int r;

	mine.options = &nothing;
	r = launch_open(&mine, LAUNCH_WITHOUT_MOUNTS, &launch, err);
	for (size_t i = 0; r == 0 && i < launch.config.policy.n_levels; i++)
		r = try_level(&launch, launch.config.policy.levels[i], err);
	return r < 0 ? r : 0;
}
