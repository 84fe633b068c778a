/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-fly/pod_lock.h"

#include <sys/file.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/confined_directory.h"

int pod_lock_confine(int lock_fd, int dir_fd, struct error *err)
{
	auto_close int confined = FD_NONE;
	int r;

	if (lock_fd < 0 || confined_directory_is(lock_fd))
		return 0;
	r = confined_directory_open(dir_fd, &confined, err);
	if (r < 0)
		return r;
	if (flock(lock_fd, LOCK_SH) < 0 || flock(confined, LOCK_SH) < 0 ||
	    dup2(confined, lock_fd) < 0 || flock(lock_fd, LOCK_EX) < 0)
		return error_from_errno(err, "taking over the pod's lock");
	return 0;
}
