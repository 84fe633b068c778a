/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blob_unpack.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define INPUT_BYTES          ((size_t)128 << 10)
#define GZIP_WITH_ANY_WINDOW (16 + MAX_WBITS)
#define ZSTD_MAX_WINDOW_LOG  25 /* 32 MiB: what --ultra -22 takes without --long is 128 MiB */

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct blob_unpacker {
	struct blob *blob;
	const struct digest *digest;
	struct digest_hasher hasher;
	enum packing packing;
	unsigned char *input;
	size_t at, n;     /* of the input, what is not unpacked yet */
	bool within;      /* a member or frame has begun and not ended */
	bool is_verified; /* the end was reached and checked */
	z_stream gzip;
	bool has_gzip;
	ZSTD_DCtx *zstd;
};

static int out_of_memory(struct error *err)
{
	return error_set(err, ENOMEM, "unpacking it: out of memory");
}

/* Refills the empty input: bytes, 0 at the blob's end, -errno. */
static ssize_t refill(struct blob_unpacker *unpacker, struct error *err)
{
	ssize_t n = blob_read(unpacker->blob, unpacker->input, INPUT_BYTES, err);

	if (n <= 0)
		return n;
	unpacker->at = 0;
	unpacker->n = (size_t)n;
	if (unpacker->digest != NULL &&
	    digest_hasher_add(&unpacker->hasher, unpacker->input, (size_t)n) < 0)
		return error_set(err, EIO, "hashing it");
	return n;
}

static int open_packing(struct blob_unpacker *unpacker, struct error *err)
{
	static const unsigned char gzip_magic[] = { 0x1f, 0x8b };
	static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	const unsigned char *start = unpacker->input;

	if (unpacker->n >= sizeof(gzip_magic) &&
	    memcmp(start, gzip_magic, sizeof(gzip_magic)) == 0) {
		unpacker->packing = PACKING_GZIP;
		if (inflateInit2(&unpacker->gzip, GZIP_WITH_ANY_WINDOW) != Z_OK)
			return out_of_memory(err);
		unpacker->has_gzip = true;
	} else if (unpacker->n >= sizeof(zstd_magic) &&
		   memcmp(start, zstd_magic, sizeof(zstd_magic)) == 0) {
		unpacker->packing = PACKING_ZSTD;
		unpacker->zstd = ZSTD_createDCtx();
		if (unpacker->zstd == NULL ||
		    ZSTD_isError(ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax,
							ZSTD_MAX_WINDOW_LOG)) != 0)
			return out_of_memory(err);
	}
	return 0;
}

int blob_unpacker_open(struct blob *blob, const struct digest *digest, struct blob_unpacker **ret,
		       struct error *err)
{
	auto_blob_unpacker struct blob_unpacker *unpacker = calloc(1, sizeof(*unpacker));
	ssize_t n;
	int r;

	if (unpacker == NULL)
		return out_of_memory(err);
	unpacker->blob = blob;
	unpacker->digest = digest;
	unpacker->input = malloc(INPUT_BYTES);
	if (unpacker->input == NULL || digest_hasher_begin(&unpacker->hasher, digest) < 0)
		return out_of_memory(err);
	n = refill(unpacker, err);
	r = n < 0 ? (int)n : open_packing(unpacker, err);
	if (r < 0)
		return r;
	*ret = take_ptr(&unpacker);
	return 0;
}

bool blob_unpacker_is_plain(const struct blob_unpacker *unpacker)
{
	return unpacker->packing == PACKING_NONE;
}

static ssize_t copy_plain(struct blob_unpacker *unpacker, void *buffer, size_t size)
{
	size_t n = unpacker->n < size ? unpacker->n : size;

	memcpy(buffer, unpacker->input + unpacker->at, n);
	unpacker->at += n;
	unpacker->n -= n;
	return (ssize_t)n;
}

static ssize_t inflate_some(struct blob_unpacker *unpacker, void *buffer, size_t size,
			    struct error *err)
{
	z_stream *gzip = &unpacker->gzip;
	int r;

	/* A further member begins where the last one ended. */
	if (!unpacker->within && inflateReset(gzip) != Z_OK)
		return out_of_memory(err);
	unpacker->within = true;
	gzip->next_in = unpacker->input + unpacker->at;
	gzip->avail_in = (uInt)unpacker->n;
	gzip->next_out = buffer;
	gzip->avail_out = (uInt)size;
	r = inflate(gzip, Z_NO_FLUSH);
	unpacker->at += unpacker->n - gzip->avail_in;
	unpacker->n = gzip->avail_in;
	if (r == Z_STREAM_END)
		unpacker->within = false;
	else if (r != Z_OK && r != Z_BUF_ERROR)
		return error_set(err, EINVAL, "its gzip data is damaged: %s",
				 gzip->msg != NULL ? gzip->msg : "it ends early");
	return (ssize_t)(size - gzip->avail_out);
}

static ssize_t unzstd_some(struct blob_unpacker *unpacker, void *buffer, size_t size,
			   struct error *err)
{
	ZSTD_inBuffer in = { unpacker->input + unpacker->at, unpacker->n, 0 };
	ZSTD_outBuffer out = { buffer, size, 0 };
	size_t r = ZSTD_decompressStream(unpacker->zstd, &out, &in);

	if (ZSTD_isError(r) != 0)
		return error_set(err, EINVAL,
				 "its zstd data is damaged or needs too much memory: %s",
				 ZSTD_getErrorName(r));
	unpacker->at += in.pos;
	unpacker->n -= in.pos;
	unpacker->within = r != 0;
	return (ssize_t)out.pos;
}

static ssize_t unpack_some(struct blob_unpacker *unpacker, void *buffer, size_t size,
			   struct error *err)
{
	switch (unpacker->packing) {
	case PACKING_GZIP:
		return inflate_some(unpacker, buffer, size, err);
	case PACKING_ZSTD:
		return unzstd_some(unpacker, buffer, size, err);
	case PACKING_NONE:
		break;
	}
	return copy_plain(unpacker, buffer, size);
}

static int verify(struct blob_unpacker *unpacker, struct error *err)
{
	struct digest digest;

	if (unpacker->within)
		return error_set(err, EINVAL, "its packed data ends early");
	if (unpacker->digest != NULL && !unpacker->is_verified) {
		if (digest_hasher_end(&unpacker->hasher, &digest) < 0)
			return error_set(err, EIO, "hashing it");
		if (strcmp(digest.text, unpacker->digest->text) != 0)
			return error_set(err, EINVAL, "its digest is %s", digest.text);
	}
	unpacker->is_verified = true;
	return 0;
}

/* The unpacker may hold back bytes although its input is empty: it is asked until it gives none. */
ssize_t blob_unpacker_read(struct blob_unpacker *unpacker, void *buffer, size_t size,
			   struct error *err)
{
	size_t filled = 0;

	while (filled < size) {
		bool was_within = unpacker->within;
		ssize_t n = 0;

		if (unpacker->n > 0 || was_within)
			n = unpack_some(unpacker, (char *)buffer + filled, size - filled, err);
		if (n < 0)
			return n;
		filled += (size_t)n;
		if (n > 0 || unpacker->n > 0)
			continue;
		n = refill(unpacker, err);
		if (n < 0)
			return n;
		if (n == 0)
			break;
	}
	if (filled == 0) {
		int r = verify(unpacker, err);

		if (r < 0)
			return r;
	}
	return (ssize_t)filled;
}

void blob_unpacker_close(struct blob_unpacker **held)
{
	struct blob_unpacker *unpacker = take_ptr(held);

	if (unpacker == NULL)
		return;
	if (unpacker->has_gzip)
		(void)inflateEnd(&unpacker->gzip);
	(void)ZSTD_freeDCtx(unpacker->zstd);
	digest_hasher_release(&unpacker->hasher);
	free(unpacker->input);
	free(unpacker);
}
