/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_send.h"

#include <errno.h>
#include <string.h>

#include "image/blob_unpack.h"
#include "image/digest_worker.h"
#include "image/entry_name.h"
#include "image/layer_stream.h"

struct pass {
	const struct oci_sending *sending;
	struct blob_source source;
	struct oci_image image;
	uint64_t packed, unpacked; /* of all layers so far */
	struct archive_limits limits;
};

static int send_frame(const struct pass *pass, enum layer_frame frame, const void *data,
		      size_t length, struct error *err)
{
	int r = layer_stream_write(pass->sending->pipe_fd, frame, data, length);

	return r < 0 ? error_set(err, -r, "handing the image on: %s", strerror(-r)) : 0;
}

static int check_limits(const struct pass *pass, uint64_t packed, struct error *err)
{
	if (pass->unpacked > pass->limits.max_bytes)
		return error_set(err, EFBIG, "the image unpacks to more than %llu bytes",
				 (unsigned long long)pass->limits.max_bytes);
	if (pass->unpacked > pass->limits.ratio_from &&
	    pass->unpacked / pass->limits.max_ratio > packed)
		return error_set(err, EFBIG,
				 "the image unpacks to more than %u times its size: not an image "
				 "but a bomb",
				 pass->limits.max_ratio);
	return 0;
}

static int send_data(struct pass *pass, struct blob_unpacker *unpacker, const struct blob *blob,
		     struct digest_worker *worker, struct error *err)
{
	const struct oci_sending *sending = pass->sending;

	for (;;) {
		unsigned char *buffer = digest_worker_buffer(worker);
		ssize_t n = blob_unpacker_read(unpacker, buffer, DIGEST_WORKER_BYTES, err);
		int r;

		if (n <= 0)
			return (int)n;
		pass->unpacked += (uint64_t)n;
		digest_worker_submit(worker, (size_t)n);
		r = check_limits(pass, pass->packed + blob->at, err);
		r = r < 0 ? r : send_frame(pass, FRAME_DATA, buffer, (size_t)n, err);
		if (r < 0)
			return r;
		if (sending->progress != NULL)
			sending->progress(pass->packed + blob->at, sending->progress_context);
	}
}

/* The unpacked bytes by the diff id, while they are sent. */
static int send_hashed(struct pass *pass, struct blob_unpacker *unpacker, const struct blob *blob,
		       const struct digest *diff_id, struct error *err)
{
	auto_digest_worker struct digest_worker *worker = NULL;
	struct digest digest;
	int r = digest_worker_open(diff_id, &worker);

	if (r < 0)
		return error_set(err, -r, "preparing to hash it: %s", strerror(-r));
	r = send_data(pass, unpacker, blob, worker, err);
	if (r < 0)
		return r;
	if (digest_worker_end(worker, &digest) < 0)
		return error_set(err, EIO, "hashing it");
	if (strcmp(digest.text, diff_id->text) != 0)
		return error_set(err, EINVAL, "its %sdigest is %s",
				 blob_unpacker_is_plain(unpacker) ? "" : "unpacked ", digest.text);
	return 0;
}

/*
 * The packed bytes by the layer's digest, the unpacked ones by its diff id.  Plain ones once: a
 * digest that is the diff id as well can be that of plain bytes only.
 */
static int send_layer(struct pass *pass, size_t i, struct error *err)
{
	const struct oci_layer *layer = &pass->image.layers[i];
	const struct digest *diff_id = &pass->image.config.diff_ids[i];
	auto_blob_unpacker struct blob_unpacker *unpacker = NULL;
	auto_blob struct blob blob = BLOB_NONE;
	bool is_plain = layer->digest != NULL && strcmp(layer->digest->text, diff_id->text) == 0;
	int r = blob_open(&pass->source, layer->name, &blob, err);

	if (r < 0)
		return r;
	if (layer->has_size && layer->size_bytes != blob.size_bytes)
		return error_set(err, EINVAL, "it has %llu bytes, but should have %llu",
				 (unsigned long long)blob.size_bytes,
				 (unsigned long long)layer->size_bytes);
	r = blob_unpacker_open(&blob, is_plain ? NULL : layer->digest, &unpacker, err);
	if (r < 0)
		return r;
	if (is_plain && !blob_unpacker_is_plain(unpacker))
		return error_set(err, EINVAL, "its digest is not that of its unpacked bytes");
	r = send_frame(pass, FRAME_LAYER, NULL, 0, err);
	r = r < 0 ? r : send_hashed(pass, unpacker, &blob, diff_id, err);
	pass->packed += blob.at;
	return r < 0 ? r : send_frame(pass, FRAME_LAYER_END, NULL, 0, err);
}

/* All blobs are looked for before the work begins. */
static int announce(struct pass *pass, struct error *err)
{
	auto_text struct text origin = { 0 };
	uint64_t packed = 0;
	int r;

	for (size_t i = 0; i < pass->image.config.n_diff_ids; i++) {
		auto_blob struct blob blob = BLOB_NONE;

		r = blob_open(&pass->source, pass->image.layers[i].name, &blob, err);
		if (r < 0)
			return r;
		packed += blob.size_bytes;
	}
	oci_origin_write(&pass->image.origin, &origin);
	r = text_status(&origin);
	if (r < 0 || origin.length > OCI_ORIGIN_MAX_BYTES)
		return error_set(err, EFBIG, "the image's name is too long");
	r = send_frame(pass, FRAME_ORIGIN, text_string(&origin), origin.length, err);
	r = r < 0 ? r
		  : send_frame(pass, FRAME_CONFIG, pass->image.config_text,
			       pass->image.config_length, err);
	if (r == 0 && pass->sending->begin != NULL)
		pass->sending->begin(packed, pass->sending->progress_context);
	return r;
}

static int send_all(struct pass *pass, struct arena *arena, struct error *err)
{
	struct entry_name_shown shown;
	int r;

	r = blob_source_open(arena, pass->sending->source_fd, &pass->source, err);
	r = r < 0 ? r
		  : oci_resolve(arena, &pass->source, &pass->sending->wanted, &pass->image, err);
	r = r < 0 ? r : announce(pass, err);
	for (size_t i = 0; r == 0 && i < pass->image.config.n_diff_ids; i++) {
		r = send_layer(pass, i, err);
		if (r < 0)
			return error_prefix(err, "%s",
					    entry_name_show(pass->image.layers[i].name, &shown));
	}
	return r < 0 ? r : send_frame(pass, FRAME_END, NULL, 0, err);
}

bool oci_send(const struct oci_sending *sending)
{
	auto_arena struct arena arena = { 0 };
	struct pass pass = { .sending = sending, .limits = sending->limits };
	struct error err = { 0 };
	int r;

	if (pass.limits.max_bytes == 0)
		pass.limits.max_bytes = IMAGE_MAX_BYTES;
	if (pass.limits.ratio_from == 0)
		pass.limits.ratio_from = IMAGE_RATIO_FROM_BYTES;
	if (pass.limits.max_ratio == 0)
		pass.limits.max_ratio = IMAGE_MAX_RATIO;
	r = send_all(&pass, &arena, &err);
	if (r < 0)
		/* Nobody to tell it to: then nobody waits for it either. */
		result_ignored(
		    layer_stream_write(sending->pipe_fd, FRAME_ERROR, &err, sizeof(err)));
	return r == 0;
}
