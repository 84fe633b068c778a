/* SPDX-License-Identifier: Apache-2.0 */
#include "image/extract_metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "image/xattr_kept.h"

static void fill_times(const struct extract_metadata *metadata, struct timespec times[2])
{
	times[0] = (struct timespec){ .tv_sec = metadata->mtime.seconds,
				      .tv_nsec = metadata->mtime.nanoseconds };
	times[1] = times[0];
}

static int apply_xattrs(int fd, const struct extract_metadata *metadata, struct error *err)
{
	for (size_t i = 0; i < metadata->n_xattrs; i++) {
		const struct tar_xattr *xattr = &metadata->xattrs[i];

		/* File capabilities are an ownership, which needs root to be given. */
		if (!image_xattr_is_kept(xattr->name) ||
		    (metadata->drop_owner && xattr->name[0] == 's')) {
			(*metadata->n_dropped_xattrs)++;
			continue;
		}
		if (fsetxattr(fd, xattr->name, xattr->value, xattr->value_length, 0) < 0)
			return error_from_errno(err, "setting the xattr %.64s", xattr->name);
	}
	return 0;
}

int extract_metadata_apply(int fd, const struct extract_metadata *metadata, struct error *err)
{
	struct timespec times[2];
	int r;

	/* In this order: chown takes set-id bits and file capabilities away. */
	if (!metadata->drop_owner && fchown(fd, metadata->uid, metadata->gid) < 0)
		return error_from_errno(err, "giving it to %u:%u", metadata->uid, metadata->gid);
	/* Before the mode: a file without write permission takes no user.* from its owner. */
	r = apply_xattrs(fd, metadata, err);
	if (r < 0)
		return r;
	if (fchmod(fd, metadata->mode) < 0)
		return error_from_errno(err, "setting mode %04o", metadata->mode);
	fill_times(metadata, times);
	if (futimens(fd, times) < 0)
		return error_from_errno(err, "setting its time");
	return 0;
}

int extract_metadata_apply_at(int dir_fd, const char *name, bool is_symlink,
			      const struct extract_metadata *metadata, struct error *err)
{
	struct timespec times[2];

	*metadata->n_dropped_xattrs += (uint32_t)metadata->n_xattrs;
	if (!metadata->drop_owner &&
	    fchownat(dir_fd, name, metadata->uid, metadata->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "giving it to %u:%u", metadata->uid, metadata->gid);
	if (!is_symlink && fchmodat(dir_fd, name, metadata->mode, 0) < 0)
		return error_from_errno(err, "setting mode %04o", metadata->mode);
	fill_times(metadata, times);
	if (utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_from_errno(err, "setting its time");
	return 0;
}
