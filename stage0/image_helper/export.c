/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/image_helper/export.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "image/image_write.h"
#include "stage0/store/store.h"
#include "stage0/store/store_export_protocol.h"

enum { ARGUMENTS = 5 };

bool export_is_meant(int argc, char *const argv[])
{
	return argc > 1 && strcmp(argv[1], EXPORT_OPTION) == 0;
}

static int parse(int argc, char *const argv[], struct image_write_options *ret)
{
	uint64_t first, count;
	struct stat st;

	if (argc != ARGUMENTS || image_compression_parse(argv[2], &ret->compression) < 0 ||
	    parse_u64(argv[3], UINT32_MAX, &first) < 0 ||
	    parse_u64(argv[4], UINT32_MAX, &count) < 0)
		return -EINVAL;
	if (fstat(EXPORT_FD_ROOTFS, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    fstat(EXPORT_FD_OUTPUT, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fstat(EXPORT_FD_RESULT, &st) < 0 || !S_ISFIFO(st.st_mode))
		return -EINVAL;
	ret->first_id = (uint32_t)first;
	ret->n_ids = (uint32_t)count;
	return 0;
}

static int export(struct image_write_options *options, struct image_facts *ret, struct error *err)
{
	auto_text struct text manifest = { 0 };
	struct image_source source = { .rootfs_fd = EXPORT_FD_ROOTFS };
	struct stat st;
	int r = file_read_fd(EXPORT_FD_MANIFEST, IMAGE_MANIFEST_MAX_BYTES, &manifest);

	if (r < 0)
		return error_set(err, -r, "reading the manifest: %s", strerror(-r));
	if (fstat(EXPORT_FD_ROOTFS, &st) < 0)
		return error_from_errno(err, "looking at the root file system");
	/* The manifest has none of its own: that of the root, which `aci build` gives it too. */
	options->mtime = st.st_mtim.tv_sec < 0 ? 0 : st.st_mtim.tv_sec;
	source.manifest = text_string(&manifest);
	source.manifest_length = manifest.length;
	return image_write(EXPORT_FD_OUTPUT, &source, options, ret, err);
}

int export_run(int argc, char *const argv[])
{
	struct image_write_options options = { .keep_times = true, .skip_sockets = true };
	struct image_facts facts = { 0 };
	struct error outcome = { 0 };

	if (parse(argc, argv, &options) < 0) {
		(void)fputs("rkt-image: is called by rkt only\n", stderr);
		return 254;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (export(&options, &facts, &outcome) == 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%.*s %llu",
			       (int)STORE_ID_SIZE - 1, facts.id.text,
			       (unsigned long long)facts.n_sockets);
	return error_send(EXPORT_FD_RESULT, &outcome) < 0 || outcome.code != 0 ? 254 : 0;
}
