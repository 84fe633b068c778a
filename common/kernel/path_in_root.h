/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path_in_root.h - paths inside a root that somebody else controls.
 *
 * The only file that turns a path from a manifest or an image into a file
 * descriptor.  Resolution is the kernel's, as if root_fd were "/": symlinks
 * and ".." stay inside, magic links of /proc are refused, and a tree that is
 * renamed meanwhile makes the call start again instead of leading outside.
 * What is missing is made by its single name below the fd of its parent.
 *
 * Paths:      relative to root_fd, with or without a leading "/"; "" and "/"
 *             are the root itself.
 * Ownership:  *ret_fd is the caller's to close, O_CLOEXEC; untouched on failure.
 * Errors:     -errno, with err naming the path.  -ENOSYS (and a text that says
 *             so): older than Linux 5.6.  -EAGAIN: the tree keeps changing.
 *             -ELOOP: magic link, or too many symlinks.
 * Processes:  safe between clone() and exec(); only path_read_file() allocates.
 * Source:     SECURITY rule M1.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "common/base/error.h"
#include "common/base/text.h"

/* Opens an existing path; flags as for open(2), without O_CREAT (O_CLOEXEC is added). */
int path_open(int root_fd, const char *path, int flags, int *ret_fd, struct error *err) MUST_CHECK;

/*
 * Opens a path of the host, from dir_fd (AT_FDCWD; absolute paths are the
 * host's), that must not cross a symlink anywhere: -ELOOP says that it does.
 */
int path_open_no_symlinks(int dir_fd, const char *path, int flags, int *ret_fd,
			  struct error *err) MUST_CHECK;

/* What a made directory or file gets; parents made on the way are 0755 and the caller's. */
struct path_owner {
	mode_t mode; /* permission bits, whatever the umask is */
	uid_t uid;
	gid_t gid;
};

/*
 * Opens the directory at path (O_PATH), made with its parents if it is missing;
 * an existing one is left as it is.  A dangling symlink on the way is completed
 * inside the root.  -ENOTDIR: something else is there.
 */
int path_make_directory(int root_fd, const char *path, const struct path_owner *owner, int *ret_fd,
			struct error *err) MUST_CHECK;

/* The same for an empty regular file; an existing non-directory of any type will do. -EISDIR. */
int path_make_file(int root_fd, const char *path, const struct path_owner *owner, int *ret_fd,
		   struct error *err) MUST_CHECK;

/*
 * Opens (O_PATH) the directory called name right below dir_fd, 0755; a symlink
 * or file of that name is replaced.  name: one component.  For /proc, /sys, /dev
 * of an image, which must not lead anywhere else.
 */
int path_replace_with_directory(int dir_fd, const char *name, int *ret_fd,
				struct error *err) MUST_CHECK;

/*
 * Makes name (one component, right below dir_fd) a symlink to destination,
 * which is only text here; a file or symlink of that name is replaced, a
 * directory is not (-EISDIR).
 */
int path_replace_symlink(int dir_fd, const char *name, const char *destination,
			 struct error *err) MUST_CHECK;

/* Appends a regular file of at most limit bytes.  -EINVAL: not a regular file; -EFBIG. */
int path_read_file(int root_fd, const char *path, size_t limit, struct text *text,
		   struct error *err) MUST_CHECK;

/* What is at path, symlinks followed inside the root. */
int path_stat(int root_fd, const char *path, struct stat *ret, struct error *err) MUST_CHECK;
