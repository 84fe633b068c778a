/* SPDX-License-Identifier: Apache-2.0 */
#include "image/entry_check.h"
#include "image/image_extract.h"

static int check_entry(void *context, const struct image_entry *entry, struct tar_reader *data,
		       struct error *err)
{
	(void)data;
	return entry_check_take(context, entry, err);
}

int image_check(int archive_fd, const struct image_extract_options *options,
		struct image_facts *ret, struct error *err)
{
	CLEANUP(entry_check_release) struct entry_check check = { 0 };
	const struct image_sink sink = { .entry = check_entry, .context = &check };
	int r = image_pass_run(archive_fd, options, &sink, ret, err);

	if (r == 0)
		ret->n_dropped_xattrs = check.n_dropped_xattrs;
	return r;
}
