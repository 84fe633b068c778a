/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci extract: an image into a directory.
 *
 * Extracted beside its place and renamed when complete, so that a failure leaves nothing.
 * As root the unpacking is done by a child that sees nothing but the target.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build/aci/aci.h"
#include "build/aci/image_file.h"
#include "common/base/cleanup.h"
#include "common/kernel/tree_remove.h"
#include "image/image_confine.h"
#include "image/image_extract.h"
#include "image/progress_bar.h"

struct extraction {
	const struct aci_call *call;
	int archive;
	uint64_t size_bytes;
	int target;
};

static void draw(uint64_t bytes, void *context)
{
	progress_bar_draw(context, bytes);
}

static int unpack(const struct extraction *extraction, bool confined, struct error *err)
{
	const struct aci_call *call = extraction->call;
	auto_image_facts struct image_facts facts = { 0 };
	auto_close int root = FD_NONE;
	struct progress_bar bar;
	const struct image_extract_options options = {
		.allow_devices = call->options->allow_devices,
		.drop_owner = !confined,
		.progress = draw,
		.progress_context = &bar,
	};
	const struct image_confine_limits limits = { .allow_devices = options.allow_devices };
	int target = extraction->target;
	int r = 0;

	progress_bar_begin(&bar, call->options->quiet ? FD_NONE : STDERR_FILENO, call->arguments[0],
			   extraction->size_bytes);
	if (confined) {
		r = image_confine(target, &limits, &root, err);
		target = root;
	}
	r = r < 0 ? r : image_extract(extraction->archive, target, &options, &facts, err);
	progress_bar_end(&bar);
	return r;
}

static int unpack_confined(const struct extraction *extraction, struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	pid = fork();
	if (pid < 0)
		return error_from_errno(err, "starting the extraction");
	if (pid == 0) {
		struct error mine = { 0 };

		cleanup_close(&read_end);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			(void)error_from_errno(&mine, "tying the extraction to its parent");
		else
			(void)!unpack(extraction, true, &mine);
		_exit(error_send(write_end, &mine) < 0 || mine.code != 0);
	}
	cleanup_close(&write_end);
	r = error_receive(read_end, err);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (r != 1)
		return error_set(err, EPIPE, "the extraction was killed");
	return -err->code;
}

static int check_manifest(int fd, const char *path, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest manifest;

	return image_file_manifest(fd, path, &arena, &manifest, err);
}

/* Says at once what the rename at the end would say. */
static int need_free(int parent, const char *last, struct error *err)
{
	int fd = openat(parent, last, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory;
	int n = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_from_errno(err, "opening %s", last);
	directory = fdopendir(fd);
	if (directory == NULL) {
		cleanup_close(&fd);
		return error_set(err, ENOMEM, "opening %s: out of memory", last);
	}
	while (readdir(directory) != NULL)
		n++;
	(void)closedir(directory);
	/* "." and ".." */
	return n <= 2 ? 0 : error_set(err, ENOTEMPTY, "%s is not empty", last);
}

/* Unpacks into a new directory beside path, then gives it its name. */
static int extract_to(struct extraction *extraction, int parent, const char *last,
		      struct error *err)
{
	char temporary[64];
	struct error removing = { 0 };
	int r = need_free(parent, last, err);

	if (r < 0)
		return r;
	(void)snprintf(temporary, sizeof(temporary), ".aci-extract.tmp-%d", (int)getpid());
	if (mkdirat(parent, temporary, 0755) < 0)
		return error_from_errno(err, "creating %s", temporary);
	extraction->target = openat(parent, temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (extraction->target < 0)
		r = error_from_errno(err, "opening %s", temporary);
	else if (geteuid() == 0)
		r = unpack_confined(extraction, err);
	else
		r = unpack(extraction, false, err);
	/* An empty directory of that name is replaced, nothing else is. */
	if (r == 0 && renameat(parent, temporary, parent, last) < 0)
		r = error_from_errno(err, "naming it %s", last);
	cleanup_close(&extraction->target);
	if (r < 0)
		(void)!tree_remove(parent, temporary, &removing);
	return r;
}

static int run(const struct aci_call *call, struct error *err)
{
	struct extraction extraction = { .call = call, .target = FD_NONE };
	auto_free char *path = strdup(call->arguments[1]);
	auto_free char *copy = strdup(call->arguments[1]);
	auto_close int parent = FD_NONE;
	auto_close int archive = FD_NONE;
	int r = image_file_open(call->arguments[0], &archive, &extraction.size_bytes, err);

	r = r < 0 ? r : check_manifest(archive, call->arguments[0], err);
	if (r < 0)
		return r;
	if (path == NULL || copy == NULL)
		return error_set(err, ENOMEM, "out of memory");
	parent = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return error_from_errno(err, "opening the directory of %s", call->arguments[1]);
	extraction.archive = archive;
	r = extract_to(&extraction, parent, basename(copy), err);
	return r < 0 ? error_prefix(err, "%s", call->arguments[0]) : 0;
}

static const struct option_spec specs[] = {
	{
	    .name = "allow-devices",
	    .kind = OPTION_FLAG,
	    .offset = offsetof(struct aci_options, allow_devices),
	    .help = "Create device nodes. Without it an image that has some is refused.",
	},
	ACI_QUIET,
};

const struct aci_command aci_extract = {
	.name = "extract",
	.synopsis = "[options] FILE DIR",
	.summary = "Check an image and unpack it into DIR, which must be empty or not exist",
	.specs = specs,
	.n_specs = sizeof(specs) / sizeof(specs[0]),
	.min_arguments = 2,
	.max_arguments = 2,
	.run = run,
};
