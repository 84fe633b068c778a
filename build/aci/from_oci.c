/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci from-oci: an image of OCI or Docker into an image file.
 *
 * Squashed in a directory beside the output, which goes in any case: signals end the children, and
 * this process, which ignores them meanwhile, cleans up.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "build/aci/aci.h"
#include "common/base/output_file.h"
#include "common/kernel/tree_remove.h"
#include "image/oci_import.h"
#include "image/skopeo.h"
#include "stage0/store/image_source.h"

struct conversion {
	const struct aci_call *call;
	struct image_source source;
	enum image_compression compression;
	int work_dir; /* private, empty */
	int output_fd;
};

static int open_directory(int at, const char *name, int *ret_fd, struct error *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_from_errno(err, "opening %s", name);
	*ret_fd = fd;
	return 0;
}

static bool is_by_skopeo(const struct image_source *source)
{
	return source->kind == IMAGE_SOURCE_REGISTRY ||
	       source->kind == IMAGE_SOURCE_CONTAINERS_STORAGE;
}

/* What the user named, or the copy that skopeo makes of it. */
static int open_source(const struct conversion *conversion, int *ret_fd, struct error *err)
{
	const struct image_source *source = &conversion->source;
	int fd, r;

	if (is_by_skopeo(source)) {
		r = skopeo_copy(
		    &(const struct skopeo_call){
			.reference = source->text,
			.work_dir = conversion->work_dir,
			.auth_fd = FD_NONE,
			.quiet = conversion->call->options->quiet,
		    },
		    err);
		return r < 0 ? r : open_directory(conversion->work_dir, SKOPEO_LAYOUT, ret_fd, err);
	}
	fd = open(source->location, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return error_from_errno(err, "opening %s", source->location);
	*ret_fd = fd;
	return 0;
}

static int convert(const struct conversion *conversion, struct oci_result *ret, struct error *err)
{
	const struct image_source *source = &conversion->source;
	auto_close int source_fd = FD_NONE, target = FD_NONE;
	struct oci_import import = {
		.wanted = {
			.prefers_docker = source->kind == IMAGE_SOURCE_DOCKER_ARCHIVE,
			.path = source->location,
			.reference = source->reference,
			.name = is_by_skopeo(source) ? skopeo_name(source->text) : NULL,
		},
		.output_fd = conversion->output_fd,
		.compression = conversion->compression,
		.progress_fd = conversion->call->options->quiet ? FD_NONE : STDERR_FILENO,
		.title = conversion->call->arguments[1],
	};
	int r = open_source(conversion, &source_fd, err);

	if (r < 0)
		return r;
	if (mkdirat(conversion->work_dir, "tree", 0700) < 0)
		return error_from_errno(err, "making a directory to unpack into");
	r = open_directory(conversion->work_dir, "tree", &target, err);
	if (r < 0)
		return r;
	import.source_fd = source_fd;
	import.target_fd = target;
	return oci_import(&import, ret, err);
}

static int in_work_directory(struct conversion *conversion, struct oci_result *ret,
			     struct error *err)
{
	auto_text struct text name = { 0 };
	auto_close int work_dir = FD_NONE;
	struct error removing = { 0 };
	int r;

	if (text_printf(&name, "%s.work-%d", conversion->call->arguments[1], (int)getpid()) < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (mkdir(text_string(&name), 0700) < 0)
		return error_from_errno(err, "making %s", text_string(&name));
	r = open_directory(AT_FDCWD, text_string(&name), &work_dir, err);
	conversion->work_dir = work_dir;
	r = r < 0 ? r : convert(conversion, ret, err);
	result_ignored(tree_remove(AT_FDCWD, text_string(&name), &removing));
	return r;
}

static int parse(struct arena *arena, const struct aci_call *call, struct conversion *ret,
		 struct error *err)
{
	int r = image_source_parse(arena, call->arguments[0], &ret->source, err);

	if (r < 0)
		return r;
	if (!image_source_is_container(&ret->source))
		return error_set(err, EINVAL,
				 "%s: SRC begins with oci:, oci-archive:, docker-archive:, "
				 "docker:// or containers-storage:",
				 call->arguments[0]);
	ret->compression = IMAGE_COMPRESSION_GZIP;
	if (call->options->compression != NULL &&
	    image_compression_parse(call->options->compression, &ret->compression) < 0)
		return error_set(err, EINVAL, "--compression=%s: unknown",
				 call->options->compression);
	if (geteuid() != 0)
		return error_set(err, EPERM,
				 "only root can keep the owners that an image's files have");
	return 0;
}

static int run(const struct aci_call *call, struct error *err)
{
	auto_output_file struct output_file file = OUTPUT_FILE_NONE;
	auto_arena struct arena arena = { 0 };
	struct conversion conversion = { .call = call, .work_dir = FD_NONE };
	struct oci_result result = { 0 };
	int r = parse(&arena, call, &conversion, err);

	r = r < 0 ? r : output_file_open(&file, call->arguments[1], err);
	if (r < 0)
		return r;
	conversion.output_fd = file.fd;
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	r = in_work_directory(&conversion, &result, err);
	if (r < 0)
		return error_prefix(err, "%s", call->arguments[0]);
	r = output_file_commit(&file, err);
	if (r < 0)
		return r;
	if (result.n_devices > 0 && !call->options->quiet)
		(void)fprintf(stderr, "aci: from-oci: warning: %u device nodes are left out\n",
			      result.n_devices);
	(void)printf("%s\n", result.id.text);
	return 0;
}

static const struct option_spec specs[] = {
	ACI_COMPRESSION,
	ACI_QUIET,
};

const struct aci_command aci_from_oci = {
	.name = "from-oci",
	.synopsis = "[options] SRC OUT.aci",
	.summary = "Turn an image of OCI or Docker into an image file, and print its id. SRC is "
		   "oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:REF], "
		   "docker://[REGISTRY/]NAME[:TAG|@DIGEST] or containers-storage:NAME",
	.specs = specs,
	.n_specs = sizeof(specs) / sizeof(specs[0]),
	.min_arguments = 2,
	.max_arguments = 2,
	.run = run,
};
