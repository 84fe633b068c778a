/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which stage1 a pod gets: the operator's flag, else the configuration, else
 * the default; then the pod's own wish, as far as the operator's policy allows.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "stage0/launch/launch.h"
#include "stage0/launch/stage1_call.h"
#include "stage0/pods/stage1_program.h"
#include "stage0/request/pod_build.h"
#include "stage0/store/helper_program.h"
#include "stage0/version.h"

static const char name_prefix[] = "coreos.com/rkt/";

/* Where an installation keeps its stage1 images, seen from the executable. */
static const char *const image_places[] = { "", "../lib/rkt/stage1-images/" };

/* NULL: unknown (no /proc). */
static const char *find_home(struct arena *arena)
{
	char path[PATH_MAX];
	struct error ignored = { 0 };

	return helper_program_home(path, sizeof(path), &ignored) < 0 ? NULL
								     : arena_string(arena, path);
}

/* The file of that name of this installation; *ret NULL: there is none. */
static int find_installed(const struct launch *launch, const char *file, const char **ret,
			  struct error *err)
{
	struct arena *arena = launch->call->arena;
	const char *home = NULL;

	*ret = NULL;
	if (launch->config.stage1_images == NULL)
		home = find_home(arena);
	for (size_t i = 0; *ret == NULL && i < ARRAY_LENGTH(image_places); i++) {
		const char *path = NULL;

		if (launch->config.stage1_images != NULL)
			path = arena_printf(arena, "%s/%s", launch->config.stage1_images, file);
		else if (home != NULL)
			path = arena_printf(arena, "%s%s%s", home, image_places[i], file);
		else
			return 0;
		if (path == NULL)
			return error_set(err, ENOMEM, "out of memory");
		if (access(path, F_OK) == 0)
			*ret = path;
	}
	return 0;
}

/* "stage1-fly.aci" when the name may mean the one installed with this rkt; NULL: it does not. */
static const char *installed_file(struct arena *arena, const char *name)
{
	size_t length = strcspn(name, ":,");

	if (strncmp(name, name_prefix, strlen(name_prefix)) != 0 ||
	    memchr(name + strlen(name_prefix), '/', length - strlen(name_prefix)) != NULL)
		return NULL;
	if (name[length] != '\0' && strcmp(name + length, ":" RKT_VERSION) != 0)
		return NULL;
	return arena_printf(arena, "%.*s.aci", (int)(length - strlen(name_prefix)),
			    name + strlen(name_prefix));
}

/*
 * The installed file goes first: it is what the operator installed together
 * with this rkt, while an image of that name in the store may be of an older
 * build, or anybody's.
 */
int launch_find_stage1_name(const struct launch *launch, const char *name, struct store_image *ret,
			    struct error *err)
{
	const char *file = installed_file(launch->call->arena, name);
	const char *path = NULL;
	int r = 0;

	if (file != NULL)
		r = find_installed(launch, file, &path, err);
	if (r < 0)
		return r;
	if (path != NULL)
		return launch_import(launch, path, ret, err);
	r = launch_find_stored(launch, name, ret, err);
	if (r == -ENOENT)
		return error_set(err, ENOENT, "the stage1 %s is neither installed nor in the store",
				 name);
	return r;
}

static int find_from_dir(const struct launch *launch, const char *file, struct store_image *ret,
			 struct error *err)
{
	const char *path = NULL;
	int r;

	if (strchr(file, '/') != NULL)
		return error_set(err, EINVAL,
				 "--stage1-from-dir takes the name of a file, not \"%s\"", file);
	r = find_installed(launch, file, &path, err);
	if (r < 0)
		return r;
	if (path == NULL)
		return error_set(err, ENOENT, "there is no %s in the directory of stage1 images",
				 file);
	return launch_import(launch, path, ret, err);
}

int launch_read_pods_stage1(const struct launch *launch, const struct pod_dir *pod,
			    struct image_manifest *ret, struct error *err)
{
	auto_text struct text content = { 0 };
	int r = file_read_at(pod->fd, "stage1/manifest", MANIFEST_MAX_BYTES, &content, err);

	if (r < 0)
		return r;
	return image_manifest_parse(
	    launch->call->arena,
	    &(const struct json_source){ .text = text_string(&content),
					 .length = content.length,
					 .place = "stage1/manifest of the pod" },
	    ret, err);
}

/*
 * Where the configuration says that the stage1 is: a file, or a URL, whose image is verified as any
 * that comes from a server.  Of a file that is not there, the one of that name in this
 * installation.
 */
static int find_at_location(const struct launch *launch, struct store_image *ret, struct error *err)
{
	const char *location = launch->config.stage1.location, *base, *installed = NULL;
	int r;

	if (strncmp(location, "file://", strlen("file://")) == 0)
		location += strlen("file://");
	else if (strstr(location, "://") != NULL)
		return launch_find_image(launch, location, NULL, ret, err);
	if (location[0] != '/')
		return error_set(err, EINVAL,
				 "default stage1 image location is either a relative path or a URL "
				 "without scheme: \"%s\"",
				 location);
	base = strrchr(location, '/') + 1;
	r = launch_import(launch, location, ret, err);
	if (r != -ENOENT || find_installed(launch, base, &installed, err) < 0 || installed == NULL)
		return r;
	error_clear(err);
	return launch_import(launch, installed, ret, err);
}

/* What the configuration names, else the default. */
static int find_configured(const struct launch *launch, struct store_image *ret, struct error *err)
{
	const struct config_stage1 *stage1 = &launch->config.stage1;
	const char *reference;
	int r;

	if (stage1->name == NULL && stage1->location == NULL)
		return launch_find_stage1_name(launch, RKT_STAGE1, ret, err);
	if (stage1->name == NULL)
		return find_at_location(launch, ret, err);
	reference = arena_printf(launch->call->arena, "%s:%s", stage1->name, stage1->version);
	if (reference == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = launch_find_stored(launch, reference, ret, err);
	if (r == -ENOENT && stage1->location != NULL)
		return find_at_location(launch, ret, err);
	return r;
}

static int find_by_flag(const struct launch *launch, struct store_image *ret, struct error *err)
{
	const char *wanted = launch->request->stage1;

	switch (launch->request->stage1_flag) {
	case STAGE1_IMAGE:
		return launch_find_image(launch, wanted, NULL, ret, err);
	case STAGE1_PATH:
		return launch_find_file(launch, wanted, ret, err);
	case STAGE1_URL:
		if (strstr(wanted, "://") == NULL)
			return error_set(err, EINVAL, "--stage1-url: \"%s\" is not a URL", wanted);
		return launch_find_image(launch, wanted, NULL, ret, err);
	case STAGE1_NAME:
		return launch_find_stage1_name(launch, wanted, ret, err);
	case STAGE1_HASH:
		return launch_find_stored(launch, wanted, ret, err);
	case STAGE1_FROM_DIR:
		return find_from_dir(launch, wanted, ret, err);
	case STAGE1_DEFAULT:
		break;
	}
	return find_configured(launch, ret, err);
}

const char *launch_stage1_name(const struct launch *launch)
{
	const struct image_manifest *manifest = &launch->stage1.manifest;
	const char *version = image_manifest_label(manifest, "version");

	return arena_printf(launch->call->arena, "%s%s%s", manifest->name,
			    version != NULL ? ":" : "", version != NULL ? version : "");
}

/* The pod's own wish replaces the operator's choice when the policy says that it may. */
static int follow_annotation(struct launch *launch, struct error *err)
{
	const char *wanted =
	    manifest_pairs_get(&launch->pod.annotations, POD_STAGE1_NAME_ANNOTATION);
	const char *chosen = launch_stage1_name(launch);
	int r;

	if (chosen == NULL)
		return error_set(err, ENOMEM, "out of memory");
	if (wanted == NULL || strcmp(wanted, chosen) == 0 ||
	    strcmp(wanted, launch->stage1.manifest.name) == 0)
		return 0;
	r = config_stage1_may_replace(&launch->config.policy, chosen, wanted, err);
	if (r < 0)
		return r;
	store_image_release(&launch->stage1.stored);
	r = launch_find_stage1_name(launch, wanted, &launch->stage1.stored, err);
	if (r == 0)
		r = launch_complete_image(launch, &launch->stage1, err);
	return r;
}

int launch_find_stage1(struct launch *launch, struct error *err)
{
	int r = find_by_flag(launch, &launch->stage1.stored, err);

	if (r == 0)
		r = launch_complete_image(launch, &launch->stage1, err);
	if (r == 0)
		r = follow_annotation(launch, err);
	return r < 0 ? error_prefix(err, "choosing the stage1") : 0;
}

static bool is_set(const char *value, const char *usual)
{
	return value != NULL && strcmp(value, usual) != 0;
}

/*
 * Streams of apps that only a stage1 with an attach entrypoint can provide.  One
 * that explains itself tells about them when it runs; one that does neither
 * would drop the wish without a word.
 */
static int check_streams(const struct launch *launch, struct error *err)
{
	if (stage1_has_entrypoint(&launch->stage1.manifest, STAGE1_ATTACH) ||
	    stage1_has_entrypoint(&launch->stage1.manifest, STAGE1_EXPLAIN))
		return 0;
	for (size_t i = 0; i < launch->pod.n_apps; i++) {
		const struct manifest_pairs *pairs = &launch->pod.apps[i].annotations;

		if (is_set(manifest_pairs_get(pairs, POD_STDIN_ANNOTATION), "null") ||
		    is_set(manifest_pairs_get(pairs, POD_STDOUT_ANNOTATION), "log") ||
		    is_set(manifest_pairs_get(pairs, POD_STDERR_ANNOTATION), "log"))
			return error_set(err, ENOTSUP,
					 "app %s: the stage1 %s knows no --stdin, --stdout and "
					 "--stderr but null, log and log",
					 launch->pod.apps[i].name, launch->stage1.manifest.name);
	}
	return 0;
}

/* What is asked for by an annotation, only a stage1 that knows it can give. */
static int check_annotations(const struct launch *launch, struct error *err)
{
	static const struct {
		const char *annotation, *option, *entrypoint, *lack;
	} asked[] = {
		{ POD_STRICT_ANNOTATION, "--strict", STAGE1_EXPLAIN,
		  "cannot tell what it enforces" },
		{ POD_RESTART_ANNOTATION, "--restart", STAGE1_LOGS, "starts no app again" },
		{ POD_ACCOUNTING_ANNOTATION, "--accounting", STAGE1_STATS, "counts nothing" },
		{ POD_LOG_SIZE_ANNOTATION, "--log-size", STAGE1_LOGS, "keeps no logs" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
		const char *value =
		    manifest_pairs_get(&launch->pod.annotations, asked[i].annotation);

		if (value != NULL && strcmp(value, "false") != 0 && strcmp(value, "no") != 0 &&
		    !stage1_has_entrypoint(&launch->stage1.manifest, asked[i].entrypoint))
			return error_set(err, ENOTSUP, "%s: the stage1 %s %s", asked[i].option,
					 launch->stage1.manifest.name, asked[i].lack);
	}
	return 0;
}

int launch_check_stage1(const struct launch *launch, struct error *err)
{
	const char *entrypoint;
	int r = stage1_entrypoint(&launch->stage1.manifest, STAGE1_RUN, &entrypoint, err);

	if (r < 0)
		return error_prefix(err, "this image is no stage1");
	r = check_annotations(launch, err);
	return r < 0 ? r : check_streams(launch, err);
}
