/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan/plan_fixture.h"

#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/plan/plan_verdict.h"
#include "tests/unit/test.h"

#define IMAGE_ID "sha512-f9f1c36a605690d79c4004f567729f22864c6bc528eee6b3c4cd9d36c68e0401"

static const char *const no_network[] = { "none" };

void fixture_init(struct fixture *fixture)
{
	*fixture = (struct fixture){
		.traits = &fixture_coreos,
		.host = {
			.cgroup_memory = true,
			.cgroup_cpu = true,
			.cgroup_pids = true,
			.apparmor = true,
			.selinux = true,
			.user_namespaces = true,
			.may_raise_limits = true,
			.oom_score_adj = -17,
			.capabilities = ((uint64_t)1 << 41) - 1,
		},
		.options = {
			.uuid = FIXTURE_UUID,
			.networks = no_network,
			.n_networks = 1,
		},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(fixture->host.rlimit_hard); i++)
		fixture->host.rlimit_hard[i] = 1024;
}

void fixture_release(struct fixture *fixture)
{
	arena_release(&fixture->arena);
}

int fixture_plan(struct fixture *fixture, const char *manifest)
{
	struct pod_manifest *pod = arena_new(&fixture->arena, struct pod_manifest);
	struct plan_input input = {
		.pod = pod,
		.images = fixture->images,
		.options = &fixture->options,
		.traits = fixture->traits,
		.host = &fixture->host,
	};

	int r;

	check_true(pod != NULL);
	r = pod_manifest_parse(&fixture->arena,
			       &(const struct json_source){
				   .text = manifest, .length = strlen(manifest), .place = "pod" },
			       pod, &fixture->err);
	if (r < 0)
		return r;
	return plan_pod(&fixture->arena, &input, &fixture->plan, &fixture->err);
}

int fixture_plan_app(struct fixture *fixture, const char *app, const char *entry, const char *pod)
{
	auto_text struct text manifest = { 0 };

	(void)text_printf(
	    &manifest,
	    "{\"acVersion\":\"0.8.11\",\"acKind\":\"PodManifest\",\"apps\":[{"
	    "\"name\":\"a\",\"image\":{\"id\":\"" IMAGE_ID "\"},"
	    "\"app\":{\"exec\":[\"/a\"],\"user\":\"0\",\"group\":\"0\"%s%s}%s%s}]%s%s}",
	    app != NULL ? "," : "", app != NULL ? app : "", entry != NULL ? "," : "",
	    entry != NULL ? entry : "", pod != NULL ? "," : "", pod != NULL ? pod : "");
	check_int(text_status(&manifest), 0);
	return fixture_plan(fixture, text_string(&manifest));
}

static void put_isolators(struct text *text, const char *isolators)
{
	if (isolators != NULL)
		(void)text_printf(text, "\"isolators\":[%s]", isolators);
}

int fixture_plan_isolators(struct fixture *fixture, const char *of_app, const char *of_pod)
{
	auto_text struct text app = { 0 };
	auto_text struct text pod = { 0 };

	put_isolators(&app, of_app);
	put_isolators(&pod, of_pod);
	return fixture_plan_app(fixture, app.data, NULL, pod.data);
}

static bool same_app(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const char *fixture_verdict(struct fixture *fixture, const char *app, const char *request)
{
	const struct plan_verdict *found = NULL;

	for (size_t i = 0; i < fixture->plan.n_verdicts; i++) {
		const struct plan_verdict *verdict = &fixture->plan.verdicts[i];

		if (!same_app(verdict->app, app) || strcmp(verdict->request, request) != 0)
			continue;
		if (found != NULL)
			return "several";
		found = verdict;
	}
	if (found == NULL)
		return "none";
	return arena_printf(&fixture->arena, "%s%s%s", plan_verdict_kind_name(found->kind),
			    found->detail[0] == '\0' ? "" : ": ", found->detail);
}

const struct plan_app *fixture_app(const struct fixture *fixture)
{
	check_uint(fixture->plan.n_apps, 1);
	return &fixture->plan.apps[0];
}

bool fixture_has(const struct plan_strings *strings, const char *string)
{
	for (size_t i = 0; i < strings->n; i++)
		if (strcmp(strings->items[i], string) == 0)
			return true;
	return false;
}
