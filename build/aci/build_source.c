/* SPDX-License-Identifier: Apache-2.0 */
#include "build/aci/build_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/manifest/image_manifest.h"

void build_source_release(struct build_source *source)
{
	cleanup_close(&source->rootfs_fd);
	text_release(&source->manifest);
}

static DIR *list(int dir_fd)
{
	auto_close int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory != NULL)
		(void)take_fd(&fd);
	return directory;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* True when the directory holds rootfs/ and nothing but a manifest beside it. */
static bool is_layout(int dir_fd)
{
	DIR *directory = list(dir_fd);
	const struct dirent *found;
	struct stat rootfs;
	bool is = true;

	if (directory == NULL)
		return false;
	while (is && (found = readdir(directory)) != NULL)
		is = is_dot(found->d_name) || strcmp(found->d_name, "rootfs") == 0 ||
		     strcmp(found->d_name, "manifest") == 0;
	(void)closedir(directory);
	return is && fstatat(dir_fd, "rootfs", &rootfs, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(rootfs.st_mode);
}

static int read_manifest(int dir_fd, const char *name, struct text *manifest, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct image_manifest parsed;
	int r = file_read_at(dir_fd, name, MANIFEST_MAX_BYTES, manifest, err);

	if (r < 0)
		return r;
	return image_manifest_parse(&arena,
				    &(const struct json_source){ .text = text_string(manifest),
								 .length = manifest->length,
								 .place = name },
				    &parsed, err);
}

static int open_rootfs(int dir_fd, bool layout, struct build_source *source, struct error *err)
{
	source->rootfs_fd = openat(dir_fd, layout ? "rootfs" : ".",
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (source->rootfs_fd < 0)
		return error_from_errno(err, "opening the rootfs");
	return 0;
}

int build_source_open(const char *directory, const char *manifest_file, struct build_source *ret,
		      struct error *err)
{
	auto_close int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_build_source struct build_source source = BUILD_SOURCE_NONE;
	bool layout;
	int r;

	if (dir < 0)
		return error_from_errno(err, "opening %s", directory);
	layout = is_layout(dir);
	if (!layout && manifest_file == NULL)
		return error_set(
		    err, EINVAL,
		    "%s is no image layout: it must hold rootfs/ and manifest, nothing "
		    "else; or name a manifest with --manifest",
		    directory);
	if (manifest_file != NULL)
		r = read_manifest(AT_FDCWD, manifest_file, &source.manifest, err);
	else
		r = read_manifest(dir, "manifest", &source.manifest, err);
	r = r < 0 ? r : open_rootfs(dir, layout, &source, err);
	if (r < 0)
		return r;
	*ret = source;
	source = (struct build_source)BUILD_SOURCE_NONE;
	return 0;
}

/* An estimate: what cannot be read is left out here, and fails when it is packed. */
static uint64_t bytes_below(int dir_fd, unsigned depth)
{
	DIR *directory = depth > 256 ? NULL : list(dir_fd);
	const struct dirent *found;
	uint64_t sum = 0;

	if (directory == NULL)
		return 0;
	while ((found = readdir(directory)) != NULL) {
		auto_close int child = FD_NONE;
		struct stat st;

		if (is_dot(found->d_name) ||
		    fstatat(dir_fd, found->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
		if (!S_ISDIR(st.st_mode))
			continue;
		child =
		    openat(dir_fd, found->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0)
			sum += bytes_below(child, depth + 1);
	}
	(void)closedir(directory);
	return sum;
}

uint64_t build_source_bytes(int rootfs_fd)
{
	return bytes_below(rootfs_fd, 0);
}
