/* SPDX-License-Identifier: Apache-2.0 */
/* Any pod manifest, planned for every level: a plan that apply can trust, or a refusal that says
 * why. */
#include <string.h>

#include "common/plan/plan_json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/plan/plan_levels.h"

/* A host that lacks a little of everything, so that most verdicts can be reached. */
static const struct plan_host host = {
	.cgroup_memory = true,
	.cgroup_cpu = true,
	.user_namespaces = true,
	.apparmor = true,
	.capabilities = ((uint64_t)1 << 24) - 1,
};

static const struct plan_options options = {
	.uuid = "6733c088-a507-4694-aabf-9d1c6e0c9f3d",
	.has_private_users = true,
	.user_base = 1,
	.user_count = 65536,
	.resolv_conf = PLAN_DNS_STAGE0,
};

static unsigned depth(const char *path)
{
	unsigned n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

static void check_mounts(const struct plan_app *app)
{
	for (size_t i = 0; i < app->n_mounts; i++) {
		const char *target = app->mounts[i].target;

		fuzz_check(target[0] == '/' && target[1] != '\0' && strstr(target, "//") == NULL);
		fuzz_check(strstr(target, "/../") == NULL && strncmp(target, "/proc/", 6) != 0);
		fuzz_check(i == 0 || depth(app->mounts[i - 1].target) <= depth(target));
		fuzz_check(i == 0 || strcmp(app->mounts[i - 1].target, target) != 0);
		fuzz_check((app->mounts[i].source == NULL) ==
			   (app->mounts[i].kind == PLAN_MOUNT_EMPTY));
	}
}

static void check_app(const struct plan_app *app)
{
	const struct plan_strings *calls = &app->seccomp.calls;

	fuzz_check(app->argv.n > 0 && app->argv.items[app->argv.n] == NULL);
	fuzz_check((app->capabilities & ~host.capabilities) == 0);
	for (size_t i = 0; i < app->environment.n; i++)
		fuzz_check(strchr(app->environment.items[i], '=') != NULL);
	for (size_t i = 1; i < calls->n; i++)
		fuzz_check(strcmp(calls->items[i - 1], calls->items[i]) < 0);
	check_mounts(app);
}

static void check_plan(const struct plan *plan)
{
	auto_text struct text json = { 0 };

	for (size_t i = 0; i < plan->n_apps; i++)
		check_app(&plan->apps[i]);
	for (size_t i = 0; i < plan->n_verdicts; i++)
		fuzz_check(plan->verdicts[i].asked != NULL && plan->verdicts[i].detail != NULL);
	fuzz_check(plan_json_write(plan, false, &json) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest pod;
	struct error err = { 0 };

	if (pod_manifest_parse(&arena,
			       &(const struct json_source){
				   .text = (const char *)data, .length = size, .place = "fuzz" },
			       &pod, &err) < 0)
		return 0;
	for (size_t i = 0; i < FIXTURE_N_LEVELS; i++) {
		const struct plan_input input = {
			.pod = &pod,
			.options = &options,
			.traits = fixture_levels[i],
			.host = &host,
		};
		struct plan plan;

		error_clear(&err);
		if (plan_pod(&arena, &input, &plan, &err) == 0)
			check_plan(&plan);
		else
			fuzz_check(err.code != 0 && err.text[0] != '\0');
	}
	return 0;
}
