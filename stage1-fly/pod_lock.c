/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-fly/pod_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/confined_directory.h"

/* Where the mount hangs until the app's root is entered: a directory of our image. */
#define PLACE "stage1/rootfs/dev"

int pod_lock_confine(int lock_fd, struct error *err)
{
	auto_close int directory = FD_NONE;
	auto_close int place = FD_NONE;
	auto_close int confined = FD_NONE;
	int r;

	if (lock_fd < 0)
		return 0;
	directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	place = open(PLACE, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 || place < 0)
		return error_from_errno(err, "opening %s", PLACE);
	r = confined_directory_open(directory, place, &confined, err);
	if (r < 0)
		return r;
	if (flock(lock_fd, LOCK_SH) < 0 || flock(confined, LOCK_SH) < 0 ||
	    dup2(confined, lock_fd) < 0 || flock(lock_fd, LOCK_EX) < 0)
		return error_from_errno(err, "taking over the pod's lock");
	return 0;
}
