/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_wait.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <time.h>

#include "common/pod/pod_status.h"

/* The watch is a shortcut; this is how long a missed event may go unnoticed. */
#define LOOK_ANYWAY_MS 1000
/* Between the event and the release of the lock; while the results are being made. */
#define LOOK_SOON_MS   20

struct waiting {
	const struct pod_dir *pod;
	int watch; /* inotify; FD_NONE: none to be had */
	int64_t deadline_ms;
	bool soon;
};

static int64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void begin(struct waiting *waiting, const struct pod_dir *pod, int64_t timeout_ms)
{
	char path[sizeof("/proc/self/fd/") + 12];

	*waiting = (struct waiting){
		.pod = pod,
		.watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
		.deadline_ms = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms,
	};
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", pod->fd);
	if (waiting->watch >= 0 &&
	    inotify_add_watch(waiting->watch, path, IN_CLOSE | IN_MOVE_SELF | IN_CREATE) < 0)
		cleanup_close(&waiting->watch);
}

/* Until something may have changed; -ETIMEDOUT past the deadline. */
static int pause_a_while(struct waiting *waiting, struct error *err)
{
	int64_t left = waiting->deadline_ms - now_ms();
	int64_t step = waiting->soon || waiting->watch < 0 ? LOOK_SOON_MS : LOOK_ANYWAY_MS;
	struct pollfd watched = { .fd = waiting->watch, .events = POLLIN };
	char events[4096];
	int n;

	if (left <= 0)
		return error_set(err, ETIMEDOUT, "timed out waiting for the pod %s",
				 waiting->pod->uuid.text);
	n = poll(&watched, 1, (int)(left < step ? left : step));
	if (n < 0 && errno != EINTR)
		return error_from_errno(err, "waiting for the pod %s", waiting->pod->uuid.text);
	/* The event comes a moment before the lock is gone: look once more soon after it. */
	waiting->soon = n > 0;
	while (n > 0 && read(waiting->watch, events, sizeof(events)) > 0)
		;
	return 0;
}

/* 1: it has run and nobody has its lock, 0: not yet. */
static int has_ended(const struct pods *pods, struct pod_dir *pod, struct error *err)
{
	int r = pod_refresh(pods, pod, err);

	if (r < 0)
		return r;
	switch (pod_state(pod)) {
	case POD_EMBRYO:
	case POD_PREPARING:
	case POD_PREPARED:
	case POD_RUNNING:
		return 0;
	case POD_DELETING:
	case POD_ABORTED_PREPARE:
	case POD_EXITED:
	case POD_EXITED_GARBAGE:
	case POD_GARBAGE:
		break;
	}
	return 1;
}

int pod_wait_exited(const struct pods *pods, struct pod_dir *pod, int64_t timeout_ms,
		    struct error *err)
{
	struct waiting waiting;
	int r;

	begin(&waiting, pod, timeout_ms);
	while ((r = has_ended(pods, pod, err)) == 0) {
		r = pause_a_while(&waiting, err);
		if (r < 0)
			break;
	}
	cleanup_close(&waiting.watch);
	return r < 0 ? r : 0;
}

static bool is_ready(const struct pod_dir *pod)
{
	auto_close int results = FD_NONE;
	struct error ignored = { 0 };
	bool ready = false;

	return pod_status_open_results(pod->fd, &results, &ignored) == 0 &&
	       pod_status_ready(results, &ready, &ignored) == 0 && ready;
}

int pod_wait_ready(const struct pods *pods, struct pod_dir *pod, int64_t timeout_ms,
		   struct error *err)
{
	struct waiting waiting;
	bool ready;
	int r;

	begin(&waiting, pod, timeout_ms);
	for (;;) {
		r = has_ended(pods, pod, err);
		/* After that: one that has ended was ready before, or never. */
		ready = is_ready(pod);
		if (ready || r != 0)
			break;
		waiting.soon = true; /* the results are no entries of the watched directory */
		r = pause_a_while(&waiting, err);
		if (r < 0)
			break;
	}
	cleanup_close(&waiting.watch);
	if (ready)
		return 1;
	return r < 0 ? r : 0;
}
