/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/image_helper/export.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "image/image_confine.h"
#include "image/image_copy.h"
#include "image/image_write.h"
#include "stage0/store/store.h"
#include "stage0/store/store_export_protocol.h"

enum { ARGUMENTS = 5 };

bool export_is_meant(int argc, char *const argv[])
{
	return argc > 1 &&
	       (strcmp(argv[1], EXPORT_OPTION) == 0 || strcmp(argv[1], EXPORT_ARCHIVE) == 0);
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static bool has_descriptors(int result)
{
	struct stat st;

	return is_directory(EXPORT_FD_ROOTFS) && is_pipe(result) &&
	       fstat(EXPORT_FD_OUTPUT, &st) == 0 && S_ISREG(st.st_mode);
}

static int parse(int argc, char *const argv[], int result, struct image_write_options *ret)
{
	uint64_t first, count;

	if (argc != ARGUMENTS || image_compression_parse(argv[2], &ret->compression) < 0 ||
	    parse_u64(argv[3], UINT32_MAX, &first) < 0 ||
	    parse_u64(argv[4], UINT32_MAX, &count) < 0 || !has_descriptors(result))
		return -EINVAL;
	ret->first_id = (uint32_t)first;
	ret->n_ids = (uint32_t)count;
	return 0;
}

static int read_manifest(struct text *ret, struct error *err)
{
	int r = file_read_fd(EXPORT_FD_MANIFEST, IMAGE_MANIFEST_MAX_BYTES, ret);

	return r < 0 ? error_set(err, -r, "reading the manifest: %s", strerror(-r)) : 0;
}

static int export(struct image_write_options *options, struct image_facts *ret, struct error *err)
{
	auto_text struct text manifest = { 0 };
	struct image_source source = { .rootfs_fd = EXPORT_FD_ROOTFS };
	struct stat st;

	if (read_manifest(&manifest, err) < 0)
		return -err->code;
	if (fstat(EXPORT_FD_ROOTFS, &st) < 0)
		return error_from_errno(err, "looking at the root file system");
	/* The manifest has none of its own: that of the root, which `aci build` gives it too. */
	options->mtime = st.st_mtim.tv_sec < 0 ? 0 : st.st_mtim.tv_sec;
	source.manifest = text_string(&manifest);
	source.manifest_length = manifest.length;
	return image_write(EXPORT_FD_OUTPUT, &source, options, ret, err);
}

/* In a cell: it is what a guest says. */
static int copy(const struct image_write_options *options, struct image_facts *ret,
		struct error *err)
{
	static const struct image_confine_limits limits = { .read_only = true };
	auto_text struct text manifest = { 0 };
	auto_close int root = FD_NONE;
	struct image_copy wanted = { .from = EXPORT_FD_ARCHIVE,
				     .to = EXPORT_FD_OUTPUT,
				     .compression = options->compression,
				     .first_id = options->first_id,
				     .n_ids = options->n_ids };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_from_errno(err, "tying the export to rkt");
	if (read_manifest(&manifest, err) < 0 ||
	    image_confine(EXPORT_FD_ROOTFS, &limits, &root, err) < 0)
		return -err->code;
	wanted.manifest = text_string(&manifest);
	wanted.manifest_length = manifest.length;
	return image_copy(&wanted, ret, err);
}

static int report(int result, const struct image_facts *facts, struct error *outcome)
{
	if (outcome->code == 0)
		(void)snprintf(outcome->text, sizeof(outcome->text), "%.*s %llu",
			       (int)STORE_ID_SIZE - 1, facts->id.text,
			       (unsigned long long)facts->n_sockets);
	return error_send(result, outcome) < 0 || outcome->code != 0 ? 254 : 0;
}

static int refuse(void)
{
	(void)fputs("rkt-image: is called by rkt only\n", stderr);
	return 254;
}

static int copy_run(int argc, char *const argv[])
{
	auto_image_facts struct image_facts facts = { 0 };
	struct image_write_options options = { .n_ids = 0 };
	struct error outcome = { 0 };

	if (parse(argc, argv, EXPORT_FD_RESULT_OF_ARCHIVE, &options) < 0 ||
	    !is_pipe(EXPORT_FD_ARCHIVE))
		return refuse();
	(void)copy(&options, &facts, &outcome);
	return report(EXPORT_FD_RESULT_OF_ARCHIVE, &facts, &outcome);
}

int export_run(int argc, char *const argv[])
{
	struct image_write_options options = { .keep_times = true, .skip_sockets = true };
	struct image_facts facts = { 0 };
	struct error outcome = { 0 };

	(void)signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[1], EXPORT_ARCHIVE) == 0)
		return copy_run(argc, argv);
	if (parse(argc, argv, EXPORT_FD_RESULT, &options) < 0)
		return refuse();
	(void)export(&options, &facts, &outcome);
	return report(EXPORT_FD_RESULT, &facts, &outcome);
}
