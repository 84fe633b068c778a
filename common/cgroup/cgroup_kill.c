/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_manager.h"
#include "common/cgroup/cgroup_tree.h"
#include "common/cgroup/cgroup_wait.h"

/* Processes killed in one round; the others are the next round's. */
#define BATCH_SIZE 64

struct batch {
	struct {
		pid_t pid;
		int pidfd;
		bool confirmed;
	} items[BATCH_SIZE];
	size_t n;
};

static void release_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		cleanup_close(&batch->items[i].pidfd);
}

static int hold(pid_t pid, void *data)
{
	struct batch *batch = data;
	int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0) /* it has ended, or has a leader that has: its other threads come up again */
		return 0;
	batch->items[batch->n].pid = pid;
	batch->items[batch->n].pidfd = pidfd;
	batch->items[batch->n].confirmed = false;
	batch->n++;
	return batch->n == BATCH_SIZE;
}

static int confirm(pid_t pid, void *data)
{
	struct batch *batch = data;

	for (size_t i = 0; i < batch->n; i++) {
		if (batch->items[i].pid == pid)
			batch->items[i].confirmed = true;
	}
	return 0;
}

/*
 * Between reading a pid and opening its pidfd the process may end and its pid
 * become another's.  A pid that is listed again after its pidfd was opened, and
 * whose pidfd can still be signalled, was that process all the time.
 */
int cgroup_kill_listed(int fd, struct error *err)
{
	CLEANUP(release_batch) struct batch batch = { .n = 0 };
	int r = cgroup_tree_processes(fd, hold, &batch, err);

	if (r < 0 || batch.n == 0)
		return r;
	r = cgroup_tree_processes(fd, confirm, &batch, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < batch.n; i++) {
		if (batch.items[i].confirmed &&
		    pidfd_send_signal(batch.items[i].pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
			return error_from_errno(err, "killing process %d", (int)batch.items[i].pid);
	}
	return 0;
}

int cgroup_kill_all(const struct cgroup_manager *manager, int fd, unsigned timeout_ms,
		    struct error *err)
{
	struct cgroup_wait wait = CGROUP_WAIT(timeout_ms);
	int r;

	do {
		r = manager->populated(fd, err);
		if (r <= 0)
			return r;
		r = manager->kill(fd, err);
		if (r < 0)
			return r;
	} while (cgroup_wait_again(&wait));
	r = manager->populated(fd, err);
	if (r <= 0)
		return r;
	return error_set(err, EBUSY, "killing all processes: some are left after %u ms",
			 timeout_ms);
}
