/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/layer_merge.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/kernel/file_clone.h"
#include "common/kernel/tree_copy.h"
#include "common/kernel/tree_remove.h"

/* Deeper than any image can be, shallower than the stack and the descriptors reach. */
#define DEPTH_MAX 300

struct merging {
	const struct store_filter *filter;
	struct text path; /* of the entry at hand; "" is the root */
	unsigned depth;
	struct error *err;
};

static int refuse(struct merging *merging, int code)
{
	return error_set(merging->err, code, "%s: %s",
			 merging->path.length == 0 ? "/" : text_string(&merging->path),
			 strerror(code));
}

/* Takes away what is there, unless a directory is to be merged with one. */
static int make_way(struct merging *merging, int to_dir, const char *name, bool for_directory)
{
	struct stat st;

	if (fstatat(to_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : refuse(merging, errno);
	if (S_ISDIR(st.st_mode))
		return for_directory ? 0 : tree_remove(to_dir, name, merging->err);
	return unlinkat(to_dir, name, 0) < 0 ? refuse(merging, errno) : 0;
}

static int merge_file(struct merging *merging, int from_dir, const char *name, int to_dir)
{
	int r = make_way(merging, to_dir, name, false);

	if (r < 0)
		return r;
	if (linkat(from_dir, name, to_dir, name, 0) == 0)
		return 0;
	if (errno != EMLINK && errno != EXDEV)
		return refuse(merging, errno);
	r = tree_copy_entry(from_dir, name, to_dir);
	return r < 0 ? refuse(merging, -r) : 0;
}

static int merge_opened(struct merging *merging, int from, int to);

static int merge_directory(struct merging *merging, int from_dir, const char *name, int to_dir)
{
	static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	auto_close int from = FD_NONE, to = FD_NONE;
	int r = make_way(merging, to_dir, name, true);

	if (r < 0)
		return r;
	if (mkdirat(to_dir, name, 0700) < 0 && errno != EEXIST)
		return refuse(merging, errno);
	from = openat(from_dir, name, flags);
	if (from < 0)
		return refuse(merging, errno);
	to = openat(to_dir, name, flags);
	return to < 0 ? refuse(merging, errno) : merge_opened(merging, from, to);
}

static int merge_entry(struct merging *merging, int from_dir, const char *name, int to_dir)
{
	struct stat st;

	if (!store_filter_passes(merging->filter, text_string(&merging->path)))
		return 0;
	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return refuse(merging, errno);
	return S_ISDIR(st.st_mode) ? merge_directory(merging, from_dir, name, to_dir)
				   : merge_file(merging, from_dir, name, to_dir);
}

static int merge_entries(struct merging *merging, DIR *from, int to)
{
	size_t length = merging->path.length;
	struct dirent *entry;

	while ((errno = 0, entry = readdir(from)) != NULL) {
		int r;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = text_printf(&merging->path, "%s%s", length == 0 ? "" : "/", entry->d_name);
		if (r < 0)
			return refuse(merging, -r);
		r = merge_entry(merging, dirfd(from), entry->d_name, to);
		if (r < 0)
			return r;
		merging->path.length = length;
		merging->path.data[length] = '\0';
	}
	return errno != 0 ? refuse(merging, errno) : 0;
}

/* The metadata comes last: what is put into a directory changes its time. */
static int merge_opened(struct merging *merging, int from, int to)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *entries = again < 0 ? NULL : fdopendir(again);
	struct stat st;
	int r;

	if (entries == NULL) {
		r = refuse(merging, errno);
		cleanup_close(&again);
		return r;
	}
	if (++merging->depth > DEPTH_MAX)
		return refuse(merging, ELOOP);
	r = merge_entries(merging, entries, to);
	merging->depth--;
	if (r < 0)
		return r;
	r = fstat(from, &st) < 0 ? -errno : file_clone_metadata(from, to, &st);
	return r < 0 ? refuse(merging, -r) : 0;
}

int layer_merge(int from_dir, const struct store_filter *filter, int to_dir, struct error *err)
{
	struct merging merging = { .filter = filter, .err = err };
	int r = merge_opened(&merging, from_dir, to_dir);

	text_release(&merging.path);
	return r;
}
