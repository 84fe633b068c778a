/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pod's images, found, and its manifest, from images and options or from a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/base/file.h"
#include "common/kernel/host_path.h"
#include "stage0/launch/launch.h"
#include "stage0/request/pod_build.h"

static int no_memory(struct error *err)
{
	return error_set(err, ENOMEM, "out of memory");
}

/* A file of the operator's, by whatever path he gave; a pipe is fine too. */
static int read_operator_file(const char *path, struct text *content, struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : file_read_fd(fd, MANIFEST_MAX_BYTES, content);

	return r < 0 ? error_set(err, -r, "reading %s: %s", path, strerror(-r)) : 0;
}

static int make_images(struct launch *launch, size_t n, struct error *err)
{
	launch->images = arena_array(launch->call->arena, n, struct launch_image);
	if (launch->images == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		launch->images[i].stored.tree = FD_NONE;
	launch->n_images = n;
	return 0;
}

static int find_requested(struct launch *launch, struct error *err)
{
	const struct request *request = launch->request;
	int r = make_images(launch, request->n_images, err);

	for (size_t i = 0; r == 0 && i < request->n_images; i++) {
		struct launch_image *image = &launch->images[i];

		r = launch_find_image(launch, request->images[i].reference,
				      request->images[i].signature, &image->stored, err);
		if (r == 0)
			r = launch_complete_image(launch, image, err);
	}
	return r;
}

static int read_env_files(const struct launch *launch, struct manifest_pairs *pairs,
			  struct error *err)
{
	const struct option_list *files = &launch->request->set_env_files;
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->n; i++) {
		auto_text struct text content = { 0 };
		const char *copy;

		r = read_operator_file(files->items[i], &content, err);
		if (r < 0)
			break;
		copy = arena_string(launch->call->arena, text_string(&content));
		if (copy == NULL)
			return no_memory(err);
		r = pod_environment_parse(launch->call->arena, copy, files->items[i], pairs, err);
	}
	return r < 0 ? error_prefix(err, "--set-env-file") : 0;
}

static int build(struct launch *launch, struct error *err)
{
	struct pod_build_image *found =
	    arena_array(launch->call->arena, launch->n_images, struct pod_build_image);
	struct manifest_pairs env_files = { 0 };
	struct pod_build_input input = {
		.request = launch->request,
		.images = found,
		.env_files = &env_files,
		.environment = launch->call->environment,
	};
	int r;

	if (found == NULL)
		return no_memory(err);
	for (size_t i = 0; i < launch->n_images; i++)
		found[i] = (struct pod_build_image){ launch->images[i].stored.id,
						     &launch->images[i].manifest };
	r = read_env_files(launch, &env_files, err);
	return r < 0 ? r : pod_build(&input, &launch->pod, err);
}

/* The image of an app of a manifest given by hand: by id, else by name and labels. */
static int find_given_image(const struct launch *launch, const struct pod_app *app,
			    struct store_image *ret, struct error *err)
{
	auto_text struct text reference = { 0 };
	const char *version = manifest_pairs_get(&app->image_labels, "version");

	if (app->image_id != NULL && app->image_id[0] != '\0')
		return store_find(&launch->store, app->image_id, ret, err);
	if (app->image_name == NULL)
		return error_set(err, EINVAL, "it names no image");
	(void)text_append(&reference, app->image_name);
	if (version != NULL)
		(void)text_printf(&reference, ":%s", version);
	for (size_t i = 0; i < app->image_labels.n; i++)
		if (strcmp(app->image_labels.items[i].name, "version") != 0)
			(void)text_printf(&reference, ",%s=%s", app->image_labels.items[i].name,
					  app->image_labels.items[i].value);
	if (text_status(&reference) < 0)
		return no_memory(err);
	return store_find(&launch->store, text_string(&reference), ret, err);
}

static int complete_app(struct launch *launch, size_t index, struct pod_app *app, struct error *err)
{
	struct launch_image *image = &launch->images[index];
	int r = find_given_image(launch, app, &image->stored, err);

	if (r == 0)
		r = launch_complete_image(launch, image, err);
	if (r < 0)
		return r;
	app->image_id = image->stored.id;
	if (app->app == NULL)
		app->app = image->manifest.app;
	if (app->app == NULL || app->app->exec.n == 0)
		return error_set(err, EINVAL, "neither it nor its image names a program");
	return 0;
}

static int complete_given(struct launch *launch, struct error *err)
{
	struct pod_app *apps = arena_array(launch->call->arena, launch->pod.n_apps, struct pod_app);
	int r = make_images(launch, launch->pod.n_apps, err);

	if (apps == NULL)
		return no_memory(err);
	for (size_t i = 0; r == 0 && i < launch->pod.n_apps; i++) {
		apps[i] = launch->pod.apps[i];
		r = complete_app(launch, i, &apps[i], err);
		if (r < 0)
			return error_prefix(err, "app %s", apps[i].name);
	}
	launch->pod.apps = apps;
	if (r == 0 && launch->request->interactive && launch->pod.n_apps != 1)
		return error_set(err, EINVAL, "--interactive takes one app only");
	return r < 0 ? r
		     : pod_build_annotations(launch->request, &launch->pod.annotations,
					     &launch->pod.annotations, err);
}

static int read_given(struct launch *launch, struct error *err)
{
	const char *path = launch->request->pod_manifest;
	auto_text struct text content = { 0 };
	int r = read_operator_file(path, &content, err);

	if (r == 0)
		r = pod_manifest_parse(launch->call->arena,
				       &(const struct json_source){ .text = text_string(&content),
								    .length = content.length,
								    .place = path },
				       &launch->pod, err);
	if (r < 0)
		return r;
	if (launch->pod.n_apps == 0)
		return error_set(err, EINVAL, "%s: pod must contain at least one application",
				 path);
	r = complete_given(launch, err);
	return r < 0 ? error_prefix(err, "%s", path) : 0;
}

/* A missing source is told before there is a pod; the stage1 looks again, for good. */
int launch_check_volumes(const struct launch *launch, struct error *err)
{
	for (size_t i = 0; i < launch->pod.n_volumes; i++) {
		const struct volume *volume = &launch->pod.volumes[i];
		auto_close int fd = FD_NONE;

		if (volume->kind == VOLUME_HOST && host_path_open(volume->source, &fd, err) < 0)
			return error_prefix(err, "volume %s", volume->name);
	}
	return 0;
}

int launch_find_images(struct launch *launch, struct error *err)
{
	int r;

	if (launch->request->pod_manifest != NULL)
		return read_given(launch, err);
	r = find_requested(launch, err);
	return r < 0 ? r : build(launch, err);
}
