/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blob_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/kernel/path_in_root.h"
#include "image/compression.h"
#include "image/entry_name.h"
#include "image/tar_header.h"

/* An archive that is packed as a whole cannot be read in the order of the layers. */
static int refuse_packed(int fd, struct error *err)
{
	unsigned char start[TAR_BLOCK_SIZE];
	enum image_compression compression = IMAGE_COMPRESSION_NONE;
	ssize_t n = pread(fd, start, sizeof(start), 0);

	if (n < 0)
		return error_from_errno(err, "reading the archive");
	if (image_compression_detect(start, (size_t)n, &compression) < 0)
		return error_set(err, EINVAL, "this is no tar archive");
	if (compression != IMAGE_COMPRESSION_NONE)
		return error_set(err, EINVAL,
				 "the archive is packed by %s as a whole: unpack it to a tar file "
				 "first",
				 image_compression_name(compression));
	return 0;
}

int blob_source_open(struct arena *arena, int fd, struct blob_source *ret, struct error *err)
{
	struct blob_source source = { .fd = fd };
	struct stat found;
	int r = 0;

	if (fstat(fd, &found) < 0)
		return error_from_errno(err, "reading it");
	source.is_directory = S_ISDIR(found.st_mode);
	if (!source.is_directory && !S_ISREG(found.st_mode))
		return error_set(err, EINVAL, "it is neither a file nor a directory");
	if (!source.is_directory)
		r = refuse_packed(fd, err);
	if (r == 0 && !source.is_directory)
		r = tar_index_read(arena, fd, &source.index, err);
	if (r < 0)
		return r;
	*ret = source;
	return 0;
}

static int open_file(const struct blob_source *source, const char *name, struct blob *ret,
		     struct error *err)
{
	struct entry_name_shown shown;
	auto_close int fd = FD_NONE;
	struct stat found;
	int r;

	r = path_open(source->fd, name, O_RDONLY | O_NONBLOCK, &fd, err);
	if (r == -ENOENT)
		return error_set(err, ENOENT, "there is no %s", entry_name_show(name, &shown));
	if (r < 0)
		return r;
	if (fstat(fd, &found) < 0)
		return error_from_errno(err, "reading %s", name);
	if (!S_ISREG(found.st_mode))
		return error_set(err, EINVAL, "%s is not a regular file",
				 entry_name_show(name, &shown));
	*ret = (struct blob){ .fd = take_fd(&fd),
			      .owns_fd = true,
			      .size_bytes = (uint64_t)found.st_size };
	return 0;
}

int blob_open(const struct blob_source *source, const char *name, struct blob *ret,
	      struct error *err)
{
	struct entry_name_shown shown;
	const struct tar_member *member;

	if (source->is_directory)
		return open_file(source, name, ret, err);
	member = tar_index_find(&source->index, name);
	if (member == NULL)
		return error_set(err, ENOENT, "there is no %s", entry_name_show(name, &shown));
	*ret = (struct blob){ .fd = source->fd,
			      .offset = member->offset,
			      .size_bytes = member->size_bytes };
	return 0;
}

bool blob_source_has(const struct blob_source *source, const char *name)
{
	auto_blob struct blob blob = BLOB_NONE;
	struct error ignored = { 0 };

	return blob_open(source, name, &blob, &ignored) == 0;
}

ssize_t blob_read(struct blob *blob, void *buffer, size_t size, struct error *err)
{
	ssize_t n;

	if (size > blob->size_bytes - blob->at)
		size = (size_t)(blob->size_bytes - blob->at);
	if (size == 0)
		return 0;
	do
		n = pread(blob->fd, buffer, size, (off_t)(blob->offset + blob->at));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "reading it");
	if (n == 0)
		return error_set(err, EINVAL, "it became shorter while it was read");
	blob->at += (uint64_t)n;
	return n;
}

void blob_close(struct blob *blob)
{
	if (blob->owns_fd)
		cleanup_close(&blob->fd);
	blob->fd = FD_NONE;
}

static int load(struct blob *blob, const struct blob_claim *claim, size_t max, struct text *out,
		struct error *err)
{
	size_t start = out->length;
	char buffer[4096];
	struct digest digest;
	ssize_t n;
	int r;

	if (claim->has_size && blob->size_bytes != claim->size_bytes)
		return error_set(err, EINVAL, "it has %llu bytes, but should have %llu",
				 (unsigned long long)blob->size_bytes,
				 (unsigned long long)claim->size_bytes);
	if (blob->size_bytes > max)
		return error_set(err, EFBIG, "it has %llu bytes, more than %zu",
				 (unsigned long long)blob->size_bytes, max);
	while ((n = blob_read(blob, buffer, sizeof(buffer), err)) > 0)
		(void)text_append_bytes(out, buffer, (size_t)n);
	if (n < 0)
		return (int)n;
	r = text_status(out);
	if (r == 0 && claim->digest != NULL) {
		auto_digest_hasher struct digest_hasher hasher = { 0 };

		r = digest_hasher_begin(&hasher, claim->digest);
		r = r < 0
			? r
			: digest_hasher_add(&hasher, text_string(out) + start, out->length - start);
		r = r < 0 ? r : digest_hasher_end(&hasher, &digest);
		if (r == 0 && strcmp(digest.text, claim->digest->text) != 0)
			return error_set(err, EINVAL, "its digest is %s", digest.text);
	}
	return r < 0 ? error_set(err, -r, "reading it: %s", strerror(-r)) : 0;
}

int blob_load(const struct blob_source *source, const struct blob_claim *claim, size_t max,
	      struct text *out, struct error *err)
{
	auto_blob struct blob blob = BLOB_NONE;
	struct entry_name_shown shown;
	int r = blob_open(source, claim->name, &blob, err);

	if (r < 0)
		return r;
	r = load(&blob, claim, max, out, err);
	return r < 0 ? error_prefix(err, "%s", entry_name_show(claim->name, &shown)) : 0;
}
