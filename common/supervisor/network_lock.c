/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/cleanup.h"

#define DIRECTORY "/run/rkt"
#define LOCK_FILE DIRECTORY "/networks.lock"

enum { ATTEMPTS = 50, PAUSE_MS = 20 };

static int open_lock(int *ret_fd, struct error *err)
{
	int fd;

	(void)mkdir(DIRECTORY, 0755);
	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_from_errno(err, "opening " LOCK_FILE);
	*ret_fd = fd;
	return 0;
}

int network_lock_shared(int *ret_fd, struct error *err)
{
	auto_close int fd = FD_NONE;
	int r = open_lock(&fd, err);

	if (r < 0)
		return r;
	while (flock(fd, LOCK_SH) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "locking " LOCK_FILE);
	*ret_fd = take_fd(&fd);
	return 0;
}

int network_lock_exclusive(int *ret_fd, struct error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	auto_close int fd = FD_NONE;
	int r = open_lock(&fd, err);

	if (r < 0)
		return r;
	for (int attempt = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; attempt++) {
		if (errno == EWOULDBLOCK && attempt == ATTEMPTS)
			return error_set(err, EWOULDBLOCK,
					 "networks are being joined or left all the time");
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_from_errno(err, "locking " LOCK_FILE);
		(void)nanosleep(&pause, NULL);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
