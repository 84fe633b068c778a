/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_receive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "image/image_write.h"
#include "image/layer_apply.h"
#include "image/oci_manifest.h"

static const struct timespec epoch[2] = { { 0, 0 }, { 0, 0 } };

static int make_rootfs(int target_fd, int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;

	if (mkdirat(target_fd, "rootfs", 0755) < 0)
		return error_from_errno(err, "making rootfs");
	fd = openat(target_fd, "rootfs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755) < 0 || futimens(fd, epoch) < 0)
		return error_from_errno(err, "making rootfs");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int apply_layers(struct squash_tree *tree, struct layer *layer,
			const struct oci_config *config, struct layer_counts *counts,
			struct error *err)
{
	for (size_t i = 0; i < config->n_diff_ids; i++) {
		int r = layer_stream_expect(layer->stream, FRAME_LAYER, NULL, 0, err);

		r = r < 0 ? r : layer_apply(tree, layer, counts, err);
		if (r < 0)
			return error_prefix(err, "layer %zu of %zu", i + 1, config->n_diff_ids);
	}
	return layer_stream_expect(layer->stream, FRAME_END, NULL, 0, err);
}

struct image {
	struct oci_config config;
	int rootfs_fd;
};

static void release_image(struct image *image)
{
	cleanup_close(&image->rootfs_fd);
}

static int squash(const struct oci_receiving *receiving, struct layer_stream *stream,
		  const struct image *image, struct oci_result *result, struct error *err)
{
	CLEANUP(squash_tree_release) struct squash_tree tree = { .parent_fd = FD_NONE };
	struct layer layer = { .stream = stream };
	struct layer_counts counts = { 0 };
	int r = squash_tree_begin(&tree, image->rootfs_fd, err);

	layer.max_bytes = receiving->max_bytes > 0 ? receiving->max_bytes : IMAGE_MAX_BYTES;
	layer.max_entries = receiving->max_entries > 0 ? receiving->max_entries : IMAGE_MAX_ENTRIES;
	r = r < 0 ? r : apply_layers(&tree, &layer, &image->config, &counts, err);
	result->n_devices = counts.n_devices;
	result->n_dropped_xattrs = tree.n_dropped_xattrs;
	return r;
}

static int put_manifest(int target_fd, const struct text *manifest, struct error *err)
{
	auto_close int fd = openat(target_fd, "manifest",
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return error_from_errno(err, "creating the manifest");
	r = file_write_fd(fd, text_string(manifest), manifest->length);
	if (r < 0)
		return error_set(err, -r, "writing the manifest: %s", strerror(-r));
	if (fchmod(fd, 0644) < 0 || futimens(fd, epoch) < 0)
		return error_from_errno(err, "writing the manifest");
	return 0;
}

static int find_id(const struct oci_receiving *receiving, const struct text *manifest,
		   int rootfs_fd, struct oci_result *result, struct error *err)
{
	const struct image_source source = { .manifest = text_string(manifest),
					     .manifest_length = manifest->length,
					     .rootfs_fd = rootfs_fd };
	struct image_write_options options = { .compression = receiving->compression,
					       .keep_times = true };
	struct image_facts facts;
	struct stat found;
	int r;

	/* As a later export will find it: the manifest has the root's time. */
	if (fstat(rootfs_fd, &found) < 0)
		return error_from_errno(err, "looking at the root file system");
	options.mtime = found.st_mtim.tv_sec < 0 ? 0 : found.st_mtim.tv_sec;
	r = image_write(receiving->output_fd, &source, &options, &facts, err);

	if (r < 0)
		return r;
	result->id = facts.id;
	result->content_bytes = facts.content_bytes;
	return 0;
}

int oci_receive(const struct oci_receiving *receiving, struct oci_result *ret, struct error *err)
{
	struct layer_stream stream = { .fd = receiving->pipe_fd };
	auto_arena struct arena arena = { 0 };
	auto_text struct text config_text = { 0 };
	auto_text struct text manifest = { 0 };
	CLEANUP(release_image) struct image image = { .rootfs_fd = FD_NONE };
	struct oci_result result = { 0 };
	int r;

	r = layer_stream_expect(&stream, FRAME_CONFIG, &config_text, OCI_DOCUMENT_MAX_BYTES, err);
	r = r < 0 ? r
		  : oci_config_parse(&arena,
				     &(const struct oci_text){ text_string(&config_text),
							       config_text.length,
							       "the image's configuration" },
				     &image.config, err);
	r = r < 0 ? r : make_rootfs(receiving->target_fd, &image.rootfs_fd, err);
	r = r < 0 ? r : squash(receiving, &stream, &image, &result, err);
	r = r < 0 ? r
		  : oci_manifest_write(&image.config, receiving->origin, image.rootfs_fd, &manifest,
				       err);
	r = r < 0 ? r : put_manifest(receiving->target_fd, &manifest, err);
	if (r == 0 && receiving->written != NULL)
		receiving->written(receiving->context);
	r = r < 0 ? r : find_id(receiving, &manifest, image.rootfs_fd, &result, err);
	if (r == 0)
		*ret = result;
	return r;
}
