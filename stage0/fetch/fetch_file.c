/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image file of this machine.
 *
 * What is verified must be what is imported.  A file that only root can change stays where it is;
 * of any other a copy is made first, which shares its blocks where the file system can.  A member's
 * copy is the one that goes into the inbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/kernel/file_clone.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/store/store_inbox.h"

const char *fetch_signature_place(struct arena *arena, const char *image)
{
	size_t length = strlen(image);

	if (length >= 4 && strcmp(image + length - 4, ".aci") == 0)
		length -= 4;
	return arena_printf(arena, "%.*s.aci" FETCH_SIGNATURE_EXTENSION, (int)length, image);
}

const char *fetch_signature_url(struct arena *arena, const char *url)
{
	size_t length = strcspn(url, "?#");
	const char *path = arena_bytes(arena, url, length);
	const char *place = path != NULL ? fetch_signature_place(arena, path) : NULL;

	return place != NULL ? arena_printf(arena, "%s%s", place, url + length) : NULL;
}

static int open_regular(const char *path, const char *what, int *ret, struct stat *ret_st,
			struct error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, ret_st) < 0)
		return error_from_errno(err, "error opening %s file: %s", what, path);
	if (!S_ISREG(ret_st->st_mode))
		return error_set(err, EINVAL, "error opening %s file: %s: not a regular file", what,
				 path);
	*ret = take_fd(&fd);
	return 0;
}

static bool is_rootly(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int copy(const struct fetch *fetch, int from, off_t size, int *ret, struct error *err)
{
	auto_close int to = FD_NONE;
	int r = 0;

	if (fetch->to_inbox)
		r = store_inbox_file(fetch->store, &to, err);
	else
		to = openat(fetch->store->cas, "tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (r < 0)
		return r;
	if (to < 0)
		return error_from_errno(err, "making a copy of the image");
	r = file_clone_content(from, to, size);
	if (r < 0)
		return error_set(err, -r, "making a copy of the image: %s", strerror(-r));
	*ret = take_fd(&to);
	return 0;
}

static int open_signature(const struct fetch *fetch, const char *path, const char *signature,
			  int *ret, struct error *err)
{
	struct stat st = { 0 };
	int r;

	if (signature == NULL)
		signature = fetch_signature_place(fetch->arena, path);
	if (signature == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = open_regular(signature, "signature", ret, &st, err);
	if (r == 0 && (uint64_t)st.st_size > FETCH_SIGNATURE_MAX)
		return error_set(err, EFBIG, "the signature %s is too large", signature);
	return r;
}

int fetch_file(const struct fetch *fetch, const char *path, const char *signature,
	       struct store_image *ret, struct error *err)
{
	auto_close int file = FD_NONE, own = FD_NONE, signed_by = FD_NONE;
	struct fetch_arrived arrived = { .title = path, .signature = FD_NONE };
	struct stat st = { 0 };
	int r = open_regular(path, "ACI", &file, &st, err);

	if (r == 0 && !fetch->any_image)
		r = open_signature(fetch, path, signature, &signed_by, err);
	if (r == 0 && (fetch->to_inbox || (!fetch->any_image && !is_rootly(&st))))
		r = copy(fetch, file, st.st_size, &own, err);
	arrived.signature = signed_by;
	arrived.file = own >= 0 ? own : file;
	if (r == 0)
		r = fetch_take_in(fetch, &arrived, ret, err);
	return r;
}
