/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/request/pod_build.h"

#include <errno.h>
#include <string.h>

#include "common/base/parse.h"
#include "common/manifest/name.h"
#include "stage0/request/pod_parts.h"
#include "stage0/request/request_parts.h"
#include "stage0/version.h"

static int no_memory(struct error *err)
{
	return error_set(err, ENOMEM, "out of memory");
}

/* --exec replaces the image's command, arguments are appended to either. */
static int set_exec(struct arena *arena, const struct request_image *image, struct app *app,
		    struct error *err)
{
	size_t own = image->exec != NULL ? 1 : app->exec.n;
	size_t n = own + image->n_arguments;
	const char **items = arena_array(arena, n + 1, const char *);

	if (items == NULL)
		return no_memory(err);
	for (size_t i = 0; i < own; i++)
		items[i] = image->exec != NULL ? image->exec : app->exec.items[i];
	for (size_t i = 0; i < image->n_arguments; i++)
		items[own + i] = image->arguments[i];
	if (n == 0 || own == 0)
		return error_set(err, EINVAL, "%s: the image names no program; --exec does",
				 image->reference);
	app->exec = (struct manifest_strings){ items, n };
	return 0;
}

static int set_groups(struct arena *arena, const struct request_image *image, struct app *app,
		      struct error *err)
{
	size_t n = image->supplementary_gids.n;
	uint32_t *gids;

	if (n == 0)
		return 0;
	gids = arena_array(arena, n, uint32_t);
	if (gids == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		if (parse_id(image->supplementary_gids.items[i], &gids[i]) < 0)
			return error_set(err, EINVAL, "--supplementary-gids: \"%s\" is no group id",
					 image->supplementary_gids.items[i]);
	app->supplementary_gids = gids;
	app->n_supplementary_gids = n;
	return 0;
}

static int add_pairs(struct arena *arena, const struct manifest_pairs *own,
		     const struct manifest_pairs *more, struct manifest_pairs *ret)
{
	struct pair_list list = { .arena = arena };
	int r = pair_list_add_all(&list, own);

	for (size_t i = 0; r == 0 && i < more->n; i++)
		r = pair_list_set(&list, more->items[i].name, more->items[i].value);
	if (r == 0)
		*ret = pair_list_pairs(&list);
	return r;
}

static int set_user_pairs(struct arena *arena, const struct request_image *image, struct app *app,
			  struct error *err)
{
	if (add_pairs(arena, &app->user_annotations, &image->user_annotations,
		      &app->user_annotations) < 0 ||
	    add_pairs(arena, &app->user_labels, &image->user_labels, &app->user_labels) < 0)
		return no_memory(err);
	return 0;
}

static int build_app(const struct pod_build_input *input, const struct request_image *image,
		     const struct app *own, struct app *ret, struct error *err)
{
	struct arena *arena = input->request->arena;
	struct app app = own != NULL ? *own : (struct app){ .user = "0", .group = "0" };
	int r = set_exec(arena, image, &app, err);

	if (image->user != NULL)
		app.user = image->user;
	if (image->group != NULL)
		app.group = image->group;
	if (image->working_directory != NULL)
		app.working_directory = image->working_directory;
	if (r == 0)
		r = set_groups(arena, image, &app, err);
	if (r == 0)
		r = pod_environment_merge(input, image, &app.environment, &app.environment, err);
	if (r == 0)
		r = pod_isolators_merge(arena, image, &app, err);
	if (r == 0)
		r = set_user_pairs(arena, image, &app, err);
	if (r == 0)
		*ret = app;
	return r;
}

/* The pod's mounts first; one of the image at the same path replaces it. */
static int build_mounts(const struct request *request, const struct request_image *image,
			struct pod_app *app, struct error *err)
{
	size_t n = request->n_mounts + image->n_mounts;
	struct app_mount *mounts = arena_array(request->arena, n, struct app_mount);

	if (mounts == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++) {
		bool own = i >= request->n_mounts;
		const struct app_mount *mount =
		    own ? &image->mounts[i - request->n_mounts] : &request->mounts[i];
		size_t at = 0;

		while (at < app->n_mounts && strcmp(mounts[at].path, mount->path) != 0)
			at++;
		mounts[at] = *mount;
		app->n_mounts += at == app->n_mounts;
	}
	app->mounts = n > 0 ? mounts : NULL;
	return 0;
}

static int build_annotations(struct arena *arena, const struct request_image *image,
			     struct pod_app *app, struct error *err)
{
	struct pair_list list = { .arena = arena };
	int r = pair_list_add_all(&list, &image->annotations);

	if (r == 0 && image->stdin_mode != NULL)
		r = pair_list_set(&list, POD_STDIN_ANNOTATION, image->stdin_mode);
	if (r == 0 && image->stdout_mode != NULL)
		r = pair_list_set(&list, POD_STDOUT_ANNOTATION, image->stdout_mode);
	if (r == 0 && image->stderr_mode != NULL)
		r = pair_list_set(&list, POD_STDERR_ANNOTATION, image->stderr_mode);
	if (r < 0)
		return no_memory(err);
	app->annotations = pair_list_pairs(&list);
	return 0;
}

static int set_name(struct arena *arena, const struct request_image *image, struct pod_app *app,
		    struct error *err)
{
	int r;

	if (image->name != NULL) {
		app->name = image->name;
		return 0;
	}
	r = name_from_identifier(arena, app->image_name, &app->name);
	if (r < 0)
		return error_set(err, -r, "%s: its name makes no app name; --name does",
				 image->reference);
	return 0;
}

static int build_pod_app(const struct pod_build_input *input, size_t index, struct pod_app *ret,
			 struct error *err)
{
	struct arena *arena = input->request->arena;
	const struct request_image *image = &input->request->images[index];
	const struct image_manifest *manifest = input->images[index].manifest;
	struct pod_app app = {
		.image_id = input->images[index].id,
		.image_name = manifest->name,
		.image_labels = manifest->labels,
		.read_only_rootfs = image->read_only_rootfs,
	};
	struct app *inner = arena_new(arena, struct app);
	int r;

	if (inner == NULL)
		return no_memory(err);
	r = set_name(arena, image, &app, err);
	if (r == 0)
		r = build_app(input, image, manifest->app, inner, err);
	if (r == 0)
		r = build_mounts(input->request, image, &app, err);
	if (r == 0)
		r = build_annotations(arena, image, &app, err);
	if (r < 0)
		return r;
	app.app = inner;
	*ret = app;
	return 0;
}

static int check_name(const struct pod_app *apps, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(apps[i].name, apps[n].name) == 0)
			return error_set(err, EINVAL,
					 "two apps are named %s; --name tells them apart",
					 apps[n].name);
	return 0;
}

static bool has_volume(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->n_volumes; i++)
		if (strcmp(request->volumes[i].name, name) == 0)
			return true;
	return false;
}

static int check_mounts(const struct request *request, const struct pod_app *app, struct error *err)
{
	for (size_t i = 0; i < app->n_mounts; i++)
		if (!has_volume(request, app->mounts[i].volume))
			return error_set(err, EINVAL,
					 "--mount: there is no volume named %s; --volume makes one",
					 app->mounts[i].volume);
	return 0;
}

static bool app_has_port(const struct pod_app *app, const char *name)
{
	for (size_t i = 0; i < app->app->n_ports; i++)
		if (strcmp(app->app->ports[i].name, name) == 0)
			return true;
	return false;
}

static int check_ports(const struct request *request, const struct pod_manifest *pod,
		       struct error *err)
{
	for (size_t i = 0; i < request->n_ports; i++) {
		bool found = false;

		for (size_t j = 0; j < pod->n_apps && !found; j++)
			found = app_has_port(&pod->apps[j], request->ports[i].name);
		if (!found)
			return error_set(err, EINVAL, "--port: no app has a port named %s",
					 request->ports[i].name);
	}
	return 0;
}

int pod_build_annotations(const struct request *request, const struct manifest_pairs *given,
			  struct manifest_pairs *ret, struct error *err)
{
	struct pair_list list = { .arena = request->arena };
	int r = pair_list_add_all(&list, given);

	if (r == 0)
		r = pair_list_set(&list, POD_MUTABLE_ANNOTATION, "false");
	if (r == 0 && request->strict)
		r = pair_list_set(&list, POD_STRICT_ANNOTATION, "true");
	if (r == 0 && request->accounting)
		r = pair_list_set(&list, POD_ACCOUNTING_ANNOTATION, "true");
	if (r == 0 && request->restart != NULL)
		r = pair_list_set(&list, POD_RESTART_ANNOTATION, request->restart);
	if (r == 0 && request->log_size != NULL)
		r = pair_list_set(&list, POD_LOG_SIZE_ANNOTATION, request->log_size);
	if (r < 0)
		return no_memory(err);
	*ret = pair_list_pairs(&list);
	return 0;
}

int pod_build(const struct pod_build_input *input, struct pod_manifest *ret, struct error *err)
{
	const struct request *request = input->request;
	struct pod_app *apps = arena_array(request->arena, request->n_images, struct pod_app);
	struct pod_manifest pod = {
		.ac_version = RKT_APPC_VERSION,
		.apps = apps,
		.volumes = request->volumes,
		.n_volumes = request->n_volumes,
		.ports = request->ports,
		.n_ports = request->n_ports,
	};
	int r = 0;

	if (apps == NULL)
		return no_memory(err);
	for (size_t i = 0; r == 0 && i < request->n_images; i++) {
		r = build_pod_app(input, i, &apps[i], err);
		if (r == 0)
			r = check_name(apps, i, err);
		if (r == 0)
			r = check_mounts(request, &apps[i], err);
		pod.n_apps = i + 1;
	}
	if (r == 0)
		r = check_ports(request, &pod, err);
	if (r == 0)
		r = pod_build_annotations(request, &request->annotations, &pod.annotations, err);
	if (r == 0)
		*ret = pod;
	return r;
}
