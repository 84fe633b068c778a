/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/guest/boot.h"

#define LAYERS        "layers"

/* What says to the kernel that the overlay's own directory is empty and may be used. */
#define READY_MODE    01000

/* A disk is mounted a few times at most: by its pod, and by who exports an app. */
#define MAX_WORK_DIRS 1000

static struct layer first;
static bool has_first;

/* What a machine that was killed has left in an older one is in nobody's way. */
static int make_work(int at, char name[24], struct error *err)
{
	for (unsigned i = 0; i < MAX_WORK_DIRS; i++) {
		(void)snprintf(name, 24, "work%u", i);
		if (mkdirat(at, name, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return error_from_errno(err, "making %s", name);
	}
	return error_set(err, EEXIST, "making a work directory: there are %d", MAX_WORK_DIRS);
}

static int make_ready(int at, const char *work, struct error *err)
{
	auto_close int own = FD_NONE;
	auto_close int fd = openat(at, work, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || mkdirat(fd, "work", 0) < 0)
		return error_from_errno(err, "making %s/work", work);
	own = openat(fd, "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (own < 0 || fchmod(own, READY_MODE) < 0)
		return error_from_errno(err, "preparing %s/work", work);
	return 0;
}

static int make(size_t number, struct layer *ret, struct error *err)
{
	auto_close int written = open(GUEST_WRITTEN, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int at = FD_NONE;
	char place[32], work[24];
	int r;

	(void)snprintf(place, sizeof(place), LAYERS "/%zu", number);
	if (written < 0)
		return error_from_errno(err, "opening " GUEST_WRITTEN);
	r = file_make_directories(written, place, 0755, err);
	if (r < 0)
		return r;
	at = openat(written, place, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return error_from_errno(err, "opening %s", place);
	ret->is_new = mkdirat(at, "upper", LAYER_MODE) == 0;
	if (!ret->is_new && errno != EEXIST)
		return error_from_errno(err, "making %s/upper", place);
	r = make_work(at, work, err);
	if (r == 0)
		r = make_ready(at, work, err);
	(void)snprintf(ret->upper, sizeof(ret->upper), GUEST_WRITTEN "/%s/upper", place);
	(void)snprintf(ret->work, sizeof(ret->work), GUEST_WRITTEN "/%s/%s", place, work);
	return r;
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
