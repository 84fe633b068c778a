/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/cgroups.h"

#include <errno.h>
#include <string.h>

#include "common/supervisor/pod_cgroups.h"

#define POD       "00000000-0000-0000-0000-000000000000"
#define FIRST_APP "0"

static struct cgroup_host host;

const struct cgroup_host *cgroups_host(void)
{
	return &host;
}

static int make_tree(struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_cgroup_pod struct cgroup_pod pod = CGROUP_POD_NONE;
	auto_cgroup_app struct cgroup_app made = CGROUP_APP_NONE;
	const struct plan_app app = { .name = FIRST_APP };
	const struct plan plan = { .uuid = POD, .apps = &app, .n_apps = 1 };
	int r = pod_cgroups_plan(&arena, &host, &plan, &pod, err);

	if (r == 0)
		r = pod_cgroups_create(&pod, &plan, err);
	return r < 0 ? r : pod_cgroups_create_app(&pod, &app, &made, err);
}

int cgroups_prepare(struct error *err)
{
	static struct arena arena;
	int r = cgroup_host_detect(&arena, &host, err);

	if (r == 0)
		r = make_tree(err);
	host.has_pod = r == 0;
	return r;
}

static const char *name_of(struct arena *arena, size_t app)
{
	return app == 0 ? FIRST_APP : arena_printf(arena, "%zu", app);
}

int cgroups_name(struct arena *arena, struct plan *plan, struct error *err)
{
	struct plan_app *apps = arena_array(arena, plan->n_apps + 1, struct plan_app);

	for (size_t i = 0; apps != NULL && i < plan->n_apps; i++) {
		apps[i] = plan->apps[i];
		apps[i].cgroup = name_of(arena, i);
		if (apps[i].cgroup == NULL)
			apps = NULL;
	}
	if (apps == NULL)
		return error_set(err, ENOMEM, "naming the cgroups: out of memory");
	plan->uuid = POD;
	plan->apps = apps;
	return 0;
}

int cgroups_open(struct arena *arena, struct cgroup_pod *ret, struct error *err)
{
	const struct plan plan = { .uuid = POD };
	int r = pod_cgroups_plan(arena, &host, &plan, ret, err);

	return r < 0 ? r : cgroup_pod_open(ret, err);
}

int cgroups_count(const struct pod_counts_request *request, struct pod_usage *ret,
		  struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	const struct pod_manifest *pod = request->pod;
	struct pod_usage usage = { .isolator = request->isolator, .n_apps = pod->n_apps };
	int r = cgroups_open(request->arena, &cgroup, err);

	if (r < 0)
		return r;
	usage.apps = arena_array(request->arena, pod->n_apps + 1, struct pod_usage_app);
	for (size_t i = 0; usage.apps != NULL && i < pod->n_apps; i++) {
		const char *name = name_of(request->arena, i);

		usage.apps[i].name = pod->apps[i].name;
		if (name != NULL)
			pod_counts_read_one(&cgroup, name, &usage.apps[i].used);
	}
	if (usage.apps == NULL)
		return error_set(err, ENOMEM, "counting: out of memory");
	*ret = usage;
	return 0;
}
