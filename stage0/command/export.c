/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export - what an app of an ended pod has made of its image, as an image file.
 *
 * The manifest is the image's, but for what it depends on: that is in the archive now.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "common/base/file.h"
#include "common/json/json_reader.h"
#include "common/json/json_writer.h"
#include "stage0/command/app_choice.h"
#include "stage0/command/places.h"
#include "stage0/pods/pod_archive.h"
#include "stage0/pods/pod_mounts.h"
#include "stage0/pods/pod_report.h"
#include "stage0/pods/user_range.h"
#include "stage0/store/store_export.h"

struct export_options {
	const char *app;
	bool overwrite;
};

static const struct option_spec specs[] = {
	{ .name = "app",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct export_options, app),
	  .value_name = "NAME",
	  .help = "the app to export; needed in a pod of several" },
	{ .name = "overwrite",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct export_options, overwrite),
	  .help = "replace the file if it is there" },
};

static int check_extension(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash == NULL ? path : slash, '.');

	if (dot == NULL || strcmp(dot, ".aci") != 0)
		return error_set(err, EINVAL, "extension must be .aci (given %s)", path);
	return 0;
}

/* Gc leaves alone what somebody holds; a shared lock does not make the pod look running. */
static int hold(const struct pod_dir *pod, int *ret_fd, struct error *err)
{
	auto_close int fd = openat(pod->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening the pod");
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return error_set(err, EBUSY, "pod \"%s\" is in use by another process",
				 pod->uuid.text);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int find_pod(const struct command_call *call, const struct places *places,
		    struct pod_dir *ret, struct error *err)
{
	enum pod_state state;

	if (pod_find(&places->pods, call->arguments[0], ret, err) < 0)
		return error_prefix(err, "problem retrieving pod");
	state = pod_state(ret);
	if (state != POD_EXITED && state != POD_EXITED_GARBAGE)
		return error_set(err, EINVAL,
				 "pod is not exited. Only exited pods can be exported");
	return 0;
}

/* The archive is the whole tree: nothing is laid below it or filtered any more. */
static int write_manifest(const struct json_value *value, struct text *out)
{
	struct json_writer writer = { .out = out };

	json_begin_object(&writer, NULL);
	for (size_t i = 0; i < value->object.n; i++) {
		const struct json_member *member = &value->object.items[i];

		if (strcmp(member->name, "dependencies") != 0 &&
		    strcmp(member->name, "pathWhitelist") != 0)
			json_put_value(&writer, member->name, &member->value);
	}
	json_end_object(&writer);
	return json_writer_finish(&writer);
}

static int read_manifest(const struct command_call *call, const struct pod_dir *pod,
			 const char *app, struct text *ret, struct error *err)
{
	auto_text struct text content = { 0 };
	const char *path = arena_printf(call->arena, "appsinfo/%s/manifest", app);
	struct json_source source = { .place = "the image's manifest" };
	struct image_manifest checked = { 0 };
	struct json_value value = { 0 };
	int r = path == NULL ? error_set(err, ENOMEM, "out of memory")
			     : file_read_at(pod->fd, path, MANIFEST_MAX_BYTES, &content, err);

	source.text = text_string(&content);
	source.length = content.length;
	if (r == 0)
		r = image_manifest_parse(call->arena, &source, &checked, err);
	if (r == 0)
		r = json_read(call->arena, &source, &value, err);
	if (r < 0)
		return r;
	r = write_manifest(&value, ret);
	return r < 0 ? error_set(err, -r, "writing the manifest: %s", strerror(-r)) : 0;
}

static int finish(const struct command_call *call, int r, const struct store_exported *exported,
		  struct error *err)
{
	if (r == -EEXIST)
		return error_set(err, EEXIST,
				 "error building aci: target file exists (try --overwrite)");
	if (r < 0)
		return error_prefix(err, "error building aci");
	if (exported->n_sockets > 0)
		command_warn(call, "%llu socket(s) left out: an image cannot hold them",
			     (unsigned long long)exported->n_sockets);
	return 0;
}

struct exporting {
	const struct command_call *call;
	const struct places *places;
	const struct pod_dir *pod;
	const char *app;
	struct store_export wanted;
};

static int export_tree(struct exporting *exporting, struct error *err)
{
	auto_close int root = FD_NONE;
	struct store_exported exported = { .n_sockets = 0 };
	int r = pod_mounts_open_app(exporting->pod, &exporting->places->store, exporting->app,
				    &root, err);

	if (r < 0)
		return r;
	exporting->wanted.rootfs = root;
	r = store_export(&exporting->wanted, &exported, err);
	return finish(exporting->call, r, &exported, err);
}

/* What apps wrote only their isolator can read: it sends it through a pipe. */
static int export_archive(struct exporting *exporting, const char *program, struct error *err)
{
	const struct command_call *call = exporting->call;
	struct pod_archive archive = POD_ARCHIVE_NONE;
	struct store_exported exported = { .n_sockets = 0 };
	struct error failed = { 0 };
	const struct stage1_call stage1 = { .pod = exporting->pod,
					    .data_path = exporting->places->data_path,
					    .program = program,
					    .environment = call->environment,
					    .view = STAGE1_WHOLE };
	int r = pod_archive_open(&archive, &stage1, call->arena, exporting->app, err);

	if (r < 0)
		return r;
	exporting->wanted.archive = archive.read_end;
	exporting->wanted.rootfs = exporting->pod->fd;
	r = store_export(&exporting->wanted, &exported, err);
	/* What it could not do matters more than that the archive ended too early. */
	if (pod_archive_close(&archive, &failed) < 0 && r < 0 && r != -EEXIST)
		*err = failed;
	return finish(call, r, &exported, err);
}

static int export_app(struct exporting *exporting, struct error *err)
{
	const struct command_call *call = exporting->call;
	const struct export_options *options = call->options;
	auto_text struct text manifest = { 0 };
	struct error none = { 0 };
	struct user_map users = { 0 };
	const char *program;
	int r = read_manifest(call, exporting->pod, exporting->app, &manifest, err);

	if (r == 0)
		r = user_range_read(exporting->pod->fd, &users, err);
	if (r < 0)
		return r;
	exporting->wanted = (struct store_export){ .manifest = &manifest,
						   .archive = FD_NONE,
						   .path = call->arguments[1],
						   .overwrite = options->overwrite,
						   .packed = true,
						   .first_id = users.base,
						   .n_ids = users.count };
	r = stage1_program_path(exporting->pod, call->arena, STAGE1_EXPORT, &program, &none);
	if (r == -ENOENT)
		return export_tree(exporting, err);
	if (r < 0)
		return error_set(err, none.code, "%s", none.text);
	return export_archive(exporting, program, err);
}

static int run(const struct command_call *call, struct error *err)
{
	const struct export_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_close int held = FD_NONE;
	struct exporting exporting = { .call = call, .places = &places, .pod = &pod };
	struct pod_report report;
	int r;

	if (call->n_arguments != 2)
		return error_set(err, EINVAL,
				 "the UUID of a pod and the file to write must be given");
	r = check_extension(call->arguments[1], err);
	if (r == 0)
		r = places_open(call, &places, err);
	if (r == 0)
		r = find_pod(call, &places, &pod, err);
	if (r == 0)
		r = hold(&pod, &held, err);
	if (r == 0)
		r = pod_report_read(&pod, POD_REPORT_SHORT, call->arena, &report, err);
	if (r == 0 && app_choice(call, &report, options->app, &exporting.app, err) < 0)
		r = error_prefix(err, "unable to find app");
	return r < 0 ? r : export_app(&exporting, err);
}

const struct command command_export = {
	.name = "export",
	.synopsis = "[options] UUID FILE.aci",
	.summary = "writes an app of an ended pod to an image file, with all it has changed",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct export_options),
	.arguments = "list --no-legend",
	.among = "exited",
	.needs_root = true,
	.run = run,
};
