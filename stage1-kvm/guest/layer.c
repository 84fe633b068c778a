/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/kernel/tree_remove.h"
#include "stage1-kvm/guest/boot.h"

#define LAYERS     "layers"
#define PLACE_SIZE 32

/* There once upper has been given the image's attributes, where they are unusual. */
#define DRESSED    "dressed"

/* What says to the kernel that the overlay's own directory is empty and may be used. */
#define READY_MODE 01000

static struct layer first;
static bool has_first;

static int make_ready(int at, struct error *err)
{
	auto_close int own = FD_NONE;

	if (mkdirat(at, "work/work", 0) < 0)
		return error_from_errno(err, "making work/work");
	own = openat(at, "work/work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (own < 0 || fchmod(own, READY_MODE) < 0)
		return error_from_errno(err, "preparing work/work");
	return 0;
}

/* Of a machine that was killed there may be something in it. */
static int make_work(int at, struct error *err)
{
	int r = tree_remove(at, "work", err);

	if (r < 0)
		return r;
	if (mkdirat(at, "work", 0700) < 0)
		return error_from_errno(err, "making work");
	return make_ready(at, err);
}

static int open_place(size_t number, char place[static PLACE_SIZE], int *ret_fd, struct error *err)
{
	auto_close int written = open(GUEST_WRITTEN, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	(void)snprintf(place, PLACE_SIZE, LAYERS "/%zu", number);
	if (written < 0)
		return error_from_errno(err, "opening " GUEST_WRITTEN);
	r = file_make_directories(written, place, 0755, err);
	if (r < 0)
		return r;
	*ret_fd = openat(written, place, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *ret_fd < 0 ? error_from_errno(err, "opening %s", place) : 0;
}

static int make(size_t number, struct layer *ret, struct error *err)
{
	auto_close int at = FD_NONE;
	char place[PLACE_SIZE];
	int r = open_place(number, place, &at, err);

	if (r < 0)
		return r;
	if (mkdirat(at, "upper", LAYER_MODE) < 0 && errno != EEXIST)
		return error_from_errno(err, "making %s/upper", place);
	(void)snprintf(ret->place, sizeof(ret->place), GUEST_WRITTEN "/%s", place);
	return make_work(at, err);
}

int layer_prepare_first(struct error *err)
{
	int r = make(0, &first, err);

	has_first = r == 0;
	return r;
}

int layer_take(size_t number, struct layer *ret, struct error *err)
{
	if (number != 0 || !has_first)
		return make(number, ret, err);
	*ret = first;
	return 0;
}

int layer_dress(const struct layer *layer, const char *lower, struct error *err)
{
	auto_close int at = open(layer->place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (at < 0 || stat(lower, &st) < 0)
		return error_from_errno(err, "looking at %s", lower);
	/* As it was made, and as most are: the disk's file system is left alone. */
	if (st.st_uid == 0 && st.st_gid == 0 && (st.st_mode & 07777) == LAYER_MODE)
		return 0;
	if (faccessat(at, DRESSED, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fchownat(at, "upper", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(at, "upper", st.st_mode & 07777, 0) < 0 || mkdirat(at, DRESSED, 0700) < 0)
		return error_from_errno(err, "preparing the writable layer of %s", lower);
	return 0;
}
