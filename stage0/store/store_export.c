/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_export.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "common/base/output_file.h"
#include "common/base/parse.h"
#include "stage0/store/helper_program.h"
#include "stage0/store/store_export_protocol.h"
#include "stage0/store/store_place.h"

#define HELPER "rkt-image"

/* An fd at the beginning of the text. */
static int hold_manifest(const struct text *manifest, int *ret_fd, struct error *err)
{
	auto_close int fd = memfd_create("manifest", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : file_write_fd(fd, text_string(manifest), manifest->length);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, -r, "handing on the manifest: %s", strerror(-r));
	*ret_fd = take_fd(&fd);
	return 0;
}

/* "sha512-… 0" */
static int read_result(const char *result, struct store_exported *ret, struct error *err)
{
	const char *blank = strchr(result, ' ');
	struct store_exported exported = { .n_sockets = 0 };

	if (blank == NULL || blank - result < (ptrdiff_t)STORE_ID_SIZE - 1 ||
	    parse_u64(blank + 1, UINT64_MAX, &exported.n_sockets) < 0)
		return error_set(err, EPROTO, "%s reported nonsense", HELPER);
	(void)snprintf(exported.id, sizeof(exported.id), "%.*s", (int)STORE_ID_SIZE - 1, result);
	*ret = exported;
	return 0;
}

static int call_helper(const struct store_export *wanted, int output, struct store_exported *ret,
		       struct error *err)
{
	auto_close int manifest = FD_NONE;
	const bool archived = wanted->archive >= 0;
	char first[16], count[16], result[ERROR_TEXT_SIZE];
	char *arguments[] = { (char *)HELPER,
			      (char *)(uintptr_t)(archived ? EXPORT_ARCHIVE : EXPORT_OPTION),
			      (char *)(uintptr_t)(wanted->packed ? "gzip" : "none"),
			      first,
			      count,
			      NULL };
	int r = hold_manifest(wanted->manifest, &manifest, err);

	if (r < 0)
		return r;
	(void)snprintf(first, sizeof(first), "%u", wanted->first_id);
	(void)snprintf(count, sizeof(count), "%u", wanted->n_ids);
	r = helper_program_call(HELPER, arguments,
				&(const struct helper_fds){
				    .items = { wanted->rootfs, manifest, output, wanted->archive },
				    .n = archived ? 4 : 3,
				},
				result, err);
	return r < 0 ? r : read_result(result, ret, err);
}

int store_export(const struct store_export *wanted, struct store_exported *ret, struct error *err)
{
	auto_output_file struct output_file file = OUTPUT_FILE_NONE;
	struct store_exported exported;
	int r;

	file.is_new = !wanted->overwrite;
	r = output_file_open(&file, wanted->path, err);
	if (r == 0)
		r = call_helper(wanted, file.fd, &exported, err);
	if (r == 0)
		r = output_file_commit(&file, err);
	if (r == 0)
		*ret = exported;
	return r;
}
