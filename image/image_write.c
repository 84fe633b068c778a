/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_write.h"

#include "common/base/cleanup.h"
#include "image/archive_writer.h"
#include "image/tree_write.h"

static int add(void *context, const void *data, size_t length, struct error *err)
{
	return archive_writer_add(context, data, length, err);
}

int image_write(int out_fd, const struct image_source *source,
		const struct image_write_options *options, struct image_facts *ret,
		struct error *err)
{
	auto_archive_writer struct archive_writer *archive = NULL;
	struct image_facts facts = { .compression = options->compression };
	int r = archive_writer_open(out_fd, options->compression, &archive, err);

	if (r == 0)
		r = tree_write(&(const struct tar_output){ .add = add, .context = archive }, source,
			       options, &facts, err);
	if (r == 0)
		r = archive_writer_finish(archive, &facts.id, err);
	if (r < 0)
		return r;
	facts.unpacked_bytes = archive_writer_unpacked(archive);
	facts.packed_bytes = archive_writer_packed(archive);
	*ret = facts;
	return 0;
}
