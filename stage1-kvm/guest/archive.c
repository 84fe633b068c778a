/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "image/tree_write.h"
#include "stage1-kvm/guest/boot.h"

/* Headers are small: each would be a message to the host. */
struct output {
	size_t length;
	char data[64 << 10];
};

static int flush(struct output *output, struct error *err)
{
	int r = file_write_fd(STDOUT_FILENO, output->data, output->length);

	output->length = 0;
	return r < 0 ? error_set(err, -r, "sending the archive: %s", strerror(-r)) : 0;
}

static int add(void *context, const void *data, size_t length, struct error *err)
{
	struct output *output = context;
	const char *bytes = data;
	int r = 0;

	while (r == 0 && length > 0) {
		size_t room = sizeof(output->data) - output->length;
		size_t n = length < room ? length : room;

		memcpy(output->data + output->length, bytes, n);
		output->length += n;
		bytes += n;
		length -= n;
		if (output->length == sizeof(output->data))
			r = flush(output, err);
	}
	return r;
}

static int write_tree(int rootfs, const struct text *manifest, struct image_facts *counts,
		      struct error *err)
{
	static struct output output;
	const struct image_source source = { .manifest = manifest->data,
					     .manifest_length = manifest->length,
					     .rootfs_fd = rootfs };
	struct image_write_options options = { .keep_times = true, .skip_sockets = true };
	struct stat st;
	int r;

	if (fstat(rootfs, &st) < 0)
		return error_from_errno(err, "looking at the app's root");
	options.mtime = st.st_mtim.tv_sec < 0 ? 0 : st.st_mtim.tv_sec;
	r = tree_write(&(const struct tar_output){ .add = add, .context = &output }, &source,
		       &options, counts, err);
	return r < 0 ? r : flush(&output, err);
}

int archive_write_app(const char *app, struct error *err)
{
	auto_close int pod = open(GUEST_POD, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int rootfs = FD_NONE;
	auto_text struct text manifest = { 0 };
	struct image_facts counts = { 0 };
	char place[PATH_MAX];
	int r;

	if (pod < 0)
		return error_from_errno(err, "opening " GUEST_POD);
	(void)snprintf(place, sizeof(place), "appsinfo/%s/manifest", app);
	r = file_read_at(pod, place, IMAGE_MANIFEST_MAX_BYTES, &manifest, err);
	if (r < 0)
		return r;
	(void)snprintf(place, sizeof(place), "stage1/rootfs/opt/stage2/%s/rootfs", app);
	rootfs = openat(pod, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (rootfs < 0)
		return error_from_errno(err, "opening %s", place);
	r = write_tree(rootfs, &manifest, &counts, err);
	if (r == 0 && counts.n_sockets > 0)
		(void)dprintf(STDERR_FILENO,
			      "warning: %llu socket(s) left out: an image cannot hold them\n",
			      (unsigned long long)counts.n_sockets);
	return r;
}
