/* SPDX-License-Identifier: Apache-2.0 */
#include "build/aci/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "image/image_extract.h"

int image_file_open(const char *path, int *ret_fd, uint64_t *ret_size, struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat found;

	if (fd < 0 || fstat(fd, &found) < 0)
		return error_from_errno(err, "opening %s", path);
	if (!S_ISREG(found.st_mode))
		return error_set(err, EINVAL, "opening %s: not a regular file", path);
	*ret_size = (uint64_t)found.st_size;
	*ret_fd = take_fd(&fd);
	return 0;
}

int image_file_manifest(int fd, const char *path, struct arena *arena, struct image_manifest *ret,
			struct error *err)
{
	auto_free char *text = NULL;
	size_t length = 0;
	int r = image_read_manifest(fd, &text, &length, err);

	r = r < 0 ? r
		  : image_manifest_parse(arena,
					 &(const struct json_source){
					     .text = text, .length = length, .place = "manifest" },
					 ret, err);
	if (r < 0)
		return error_prefix(err, "%s", path);
	if (lseek(fd, 0, SEEK_SET) != 0)
		return error_from_errno(err, "%s: going back to its start", path);
	return 0;
}
