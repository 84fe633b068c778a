/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/entrypoint.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/exit_status.h"

struct entrypoint {
	const char *name;
	int (*call)(const struct entrypoint_call *call, struct error *err);
};

static const struct entrypoint entrypoints[] = {
	{ "run", entrypoint_run },         { "enter", entrypoint_enter },
	{ "stop", entrypoint_stop },       { "gc", entrypoint_gc },
	{ "explain", entrypoint_explain }, { "logs", entrypoint_logs },
	{ "stats", entrypoint_stats },     { "export", entrypoint_export },
	{ "doctor", entrypoint_doctor },   { "gc-networks", entrypoint_gc_networks },
};

static const struct entrypoint *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(entrypoints); i++) {
		if (strcmp(name, entrypoints[i].name) == 0)
			return &entrypoints[i];
	}
	return NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int entrypoint_main(const struct stage1 *stage1, int argc, char *argv[])
{
	auto_arena struct arena arena = { 0 };
	struct error problem = { 0 };
	const struct entrypoint *entrypoint = argc > 0 ? find(last_part(argv[0])) : NULL;
	int skip = 1;
	int r;

	if (entrypoint == NULL && argc > 1) {
		entrypoint = find(argv[1]);
		skip = 2;
	}
	if (entrypoint == NULL) {
		(void)dprintf(STDERR_FILENO,
			      "%s: not an entrypoint: \"%s\" (run, enter, stop, gc, explain, logs, "
			      "stats, export, doctor, gc-networks)\n",
			      stage1->program, argc > 1 ? argv[1] : "");
		return EXIT_STATUS_NOT_STARTED;
	}
	r = entrypoint->call(&(struct entrypoint_call){ .stage1 = stage1,
							.arena = &arena,
							.name = entrypoint->name,
							.n = argc - skip,
							.args = argv + skip },
			     &problem);
	if (problem.code != 0)
		(void)dprintf(STDERR_FILENO, "%s: %s: %s\n", stage1->program, entrypoint->name,
			      problem.text);
	return r < 0 ? EXIT_STATUS_NOT_STARTED : r;
}
