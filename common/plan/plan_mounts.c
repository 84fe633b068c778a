/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is mounted where in an app: its mounts, then the mount points of its
 * image that no mount has filled, from the volume of the same name or, as the
 * original does, an empty one.  Those of Docker's images start with what the image
 * has there, as Docker's volumes do.
 *
 * ace.md: overlapping targets SHOULD be an error.  Two volumes on one target are.
 * A target inside another volume is not: the original allowed it, and a
 * configuration file inside a data directory is an everyday wish.  Shallow
 * targets come first, so the outcome does not depend on the manifest's order.
 *
 * A volume of one app alone is called APP.NAME: no name of a manifest has a dot,
 * so it clashes with none of the pod's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/plan/plan_parts.h"

struct builder {
	const struct plan_scope *scope;
	const struct pod_manifest *pod;
	const struct pod_app *app;
	bool docker;         /* the image is one of Docker's */
	const char **asked;  /* where the app's mounts go, clean; NULL: in no place of its own */
	const char **points; /* the paths of its mount points, clean */
	struct plan_mount *mounts;
	size_t n;
};

static const struct volume *find_volume(const struct pod_manifest *pod, const char *name)
{
	for (size_t i = 0; i < pod->n_volumes; i++)
		if (strcmp(pod->volumes[i].name, name) == 0)
			return &pod->volumes[i];
	return NULL;
}

static const struct mount_point *find_point(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->n_mount_points; i++)
		if (strcmp(app->mount_points[i].name, name) == 0)
			return &app->mount_points[i];
	return NULL;
}

/* The name of a mount point stands for its path; any other path starts at the app's root. */
static int clean_paths(struct builder *builder)
{
	const struct plan_scope *scope = builder->scope;
	const struct pod_app *app = builder->app;

	builder->asked = arena_array(scope->arena, app->n_mounts + 1, const char *);
	builder->points = arena_array(scope->arena, app->app->n_mount_points + 1, const char *);
	if (builder->asked == NULL || builder->points == NULL)
		return plan_no_memory(scope);
	for (size_t i = 0; i < app->app->n_mount_points; i++) {
		builder->points[i] = plan_clean_path(scope->arena, app->app->mount_points[i].path);
		if (builder->points[i] == NULL)
			return plan_no_memory(scope);
	}
	for (size_t i = 0; i < app->n_mounts; i++) {
		const char *path = app->mounts[i].path;
		const struct mount_point *point = find_point(app->app, path);

		builder->asked[i] =
		    plan_clean_path(scope->arena, point != NULL ? point->path : path);
		if (builder->asked[i] == NULL)
			return plan_no_memory(scope);
	}
	return 0;
}

/* The mount point of the volume's name or at the place of its mount says so. */
static bool point_is_read_only(const struct builder *builder, const char *volume,
			       const char *target)
{
	const struct app *app = builder->app->app;

	for (size_t i = 0; i < app->n_mount_points; i++)
		if (app->mount_points[i].read_only &&
		    (strcmp(builder->points[i], target) == 0 ||
		     strcmp(app->mount_points[i].name, volume) == 0))
			return true;
	return false;
}

/* What the volume says comes before what a mount point says, as in the original. */
static bool is_read_only(const struct volume *volume, bool point)
{
	return volume->has_read_only ? volume->read_only : point;
}

static int add_mount(struct builder *builder, const struct volume *volume, const char *name,
		     const struct plan_mount *mount)
{
	const struct plan_scope *scope = builder->scope;
	struct plan_mount *added = &builder->mounts[builder->n];
	bool host = volume->kind == VOLUME_HOST;
	const char *what = arena_printf(scope->arena, "volume %s", volume->name);
	int r;

	if (name == NULL || what == NULL)
		return plan_no_memory(scope);
	if (host && (volume->source == NULL || volume->source[0] != '/'))
		return plan_refuse(scope, EINVAL, "%s: its source is not an absolute path", what);
	r = plan_target_check(scope, what, mount->target);
	if (r < 0)
		return r;
	added->target = mount->target;
	if (plan_etc_overrides(scope->options, added->target))
		return plan_say(
		    scope, PLAN_IGNORED, (struct plan_request){ "volume", volume->name },
		    "--dns and --hosts-entry come before a volume on %s", added->target);
	added->kind = host ? PLAN_MOUNT_HOST : PLAN_MOUNT_EMPTY;
	added->volume = name;
	added->source = host ? volume->source : NULL;
	added->read_only = mount->read_only;
	if (host)
		added->recursive =
		    volume->has_recursive ? volume->recursive : scope->traits->volumes_recursive;
	added->mode = host ? 0 : volume->mode;
	added->uid = host ? 0 : volume->uid;
	added->gid = host ? 0 : volume->gid;
	added->from_image = mount->from_image;
	builder->n++;
	return 0;
}

static int add_asked(struct builder *builder, size_t i)
{
	const struct plan_scope *scope = builder->scope;
	const struct app_mount *asked = &builder->app->mounts[i];
	const struct volume *volume = asked->app_volume;
	struct plan_mount mount = { .target = builder->asked[i] };
	const char *name;

	if (volume == NULL)
		volume = find_volume(builder->pod, asked->volume);
	if (volume == NULL)
		return plan_refuse(scope, EINVAL,
				   "mount of volume %s on %s: the pod has no such volume",
				   asked->volume, asked->path);
	mount.read_only =
	    asked->read_only ||
	    is_read_only(volume, point_is_read_only(builder, volume->name, mount.target));
	name = asked->app_volume == NULL
		   ? volume->name
		   : arena_printf(scope->arena, "%s.%s", builder->app->name, volume->name);
	return add_mount(builder, volume, name, &mount);
}

static bool is_filled(const struct builder *builder, size_t point)
{
	for (size_t i = 0; i < builder->app->n_mounts; i++)
		if (strcmp(builder->asked[i], builder->points[point]) == 0)
			return true;
	return false;
}

static int add_point(struct builder *builder, size_t i)
{
	const struct mount_point *point = &builder->app->app->mount_points[i];
	const struct volume *volume = find_volume(builder->pod, point->name);
	struct plan_mount mount = { .target = builder->points[i],
				    .read_only = point->read_only,
				    .from_image = volume == NULL && builder->docker };
	struct volume implicit = { .name = point->name, .kind = VOLUME_EMPTY, .mode = 0755 };

	if (volume != NULL) {
		mount.read_only = is_read_only(volume, point->read_only);
		return add_mount(builder, volume, volume->name, &mount);
	}
	return add_mount(
	    builder, &implicit,
	    arena_printf(builder->scope->arena, "%s.implicit.%s", builder->app->name, point->name),
	    &mount);
}

static unsigned depth(const char *path)
{
	unsigned n = 0;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

/* By depth, then by name: total, as no two targets are equal. */
static int compare(const void *a, const void *b)
{
	const struct plan_mount *left = a;
	const struct plan_mount *right = b;
	unsigned left_depth = depth(left->target);
	unsigned right_depth = depth(right->target);

	if (left_depth != right_depth)
		return left_depth < right_depth ? -1 : 1;
	return strcmp(left->target, right->target);
}

static int sort_mounts(struct builder *builder)
{
	if (builder->n > 1)
		qsort(builder->mounts, builder->n, sizeof(builder->mounts[0]), compare);
	for (size_t i = 1; i < builder->n; i++) {
		const struct plan_mount *one = &builder->mounts[i - 1];
		const struct plan_mount *two = &builder->mounts[i];

		if (strcmp(one->target, two->target) == 0)
			return plan_refuse(builder->scope, EINVAL,
					   "volumes %s and %s are both to be mounted on %s",
					   one->volume, two->volume, one->target);
	}
	return 0;
}

static const char *content_of(const struct plan_mount *mount)
{
	if (mount->kind != PLAN_MOUNT_EMPTY)
		return "";
	return mount->from_image ? ", as the image has it" : ", empty";
}

static int say_mount(const struct builder *builder, const struct plan_mount *mount)
{
	const struct plan_scope *scope = builder->scope;
	struct plan_request request = {
		"volume", arena_printf(scope->arena, "%s on %s%s%s", mount->volume, mount->target,
				       mount->read_only ? ", read-only" : "", content_of(mount))
	};

	for (size_t i = 0; i < builder->n; i++) {
		const struct plan_mount *outer = &builder->mounts[i];

		if (outer != mount && plan_target_covers(outer->target, mount->target))
			return plan_say(scope, PLAN_ENFORCED, request, "inside the volume on %s",
					outer->target);
	}
	return plan_enforced(scope, request);
}

static int check_ids(const struct builder *builder, const struct plan *plan)
{
	for (size_t i = 0; plan->own_user && i < builder->n; i++) {
		const struct plan_mount *mount = &builder->mounts[i];

		if (mount->uid >= plan->user_count || mount->gid >= plan->user_count)
			return plan_refuse(builder->scope, EINVAL,
					   "volume %s: owner %" PRIu32 ":%" PRIu32
					   " is not among the pod's %" PRIu32 " users",
					   mount->volume, mount->uid, mount->gid, plan->user_count);
	}
	return 0;
}

/* The mark that docker2aci, and whoever else converts, leaves in the manifest. */
static bool is_docker_s(const struct image_manifest *image)
{
	return image != NULL &&
	       manifest_pairs_get(&image->annotations, "appc.io/docker/repository") != NULL;
}

int plan_mounts(const struct plan_scope *scope, const struct plan_app_input *input,
		struct plan_app *ret)
{
	const struct pod_app *app = input->app;
	struct builder builder = {
		.scope = scope, .pod = input->pod, .app = app, .docker = is_docker_s(input->image)
	};
	size_t most = app->n_mounts + app->app->n_mount_points;
	int r;

	if (most > PLAN_MAX_MOUNTS)
		return plan_refuse(scope, EINVAL, "%zu mounts and mount points: at most %d", most,
				   PLAN_MAX_MOUNTS);
	builder.mounts = arena_array(scope->arena, most, struct plan_mount);
	if (builder.mounts == NULL)
		return plan_no_memory(scope);
	r = clean_paths(&builder);
	for (size_t i = 0; i < app->n_mounts && r == 0; i++)
		r = add_asked(&builder, i);
	for (size_t i = 0; i < app->app->n_mount_points && r == 0; i++)
		if (!is_filled(&builder, i))
			r = add_point(&builder, i);
	if (r == 0)
		r = sort_mounts(&builder);
	if (r == 0)
		r = check_ids(&builder, input->plan);
	for (size_t i = 0; i < builder.n && r == 0; i++)
		r = say_mount(&builder, &builder.mounts[i]);
	ret->mounts = builder.mounts;
	ret->n_mounts = builder.n;
	return r;
}

static bool asks_for(const struct pod_app *app, const char *volume)
{
	for (size_t i = 0; i < app->n_mounts; i++)
		if (app->mounts[i].app_volume == NULL && strcmp(app->mounts[i].volume, volume) == 0)
			return true;
	return false;
}

/* Mounted in an app, or asked for by one, which has its own verdict then. */
static bool is_used(const struct pod_manifest *pod, const struct plan *plan, const char *volume)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		if (asks_for(&pod->apps[i], volume))
			return true;
		for (size_t j = 0; j < plan->apps[i].n_mounts; j++)
			if (strcmp(plan->apps[i].mounts[j].volume, volume) == 0)
				return true;
	}
	return false;
}

int plan_unused_volumes(const struct plan_scope *scope, const struct pod_manifest *pod,
			const struct plan *plan)
{
	for (size_t i = 0; i < pod->n_volumes; i++) {
		struct plan_request request = { "volume", pod->volumes[i].name };
		int r;

		if (is_used(pod, plan, request.asked))
			continue;
		r = plan_say(scope, PLAN_IGNORED, request, "no app mounts it");
		if (r < 0)
			return r;
	}
	return 0;
}
