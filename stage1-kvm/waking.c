/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/waking.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/process/deadline.h"

/* The longest that is waited for: HELLO. */
#define WORD_MAX (FRAME_HEADER + 4)

int wake_fill(struct wake *wake, struct error *err)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    getrandom(wake->payload + 16, WAKE_ENTROPY, 0) != WAKE_ENTROPY)
		return error_from_errno(err, "waking the guest");
	frame_put_u64(wake->payload, (uint64_t)now.tv_sec);
	frame_put_u64(wake->payload + 8, (uint64_t)now.tv_nsec);
	wake->frame = (struct frame){ .kind = FRAME_WAKE,
				      .stream = FRAME_OF_SESSION(0),
				      .payload = wake->payload,
				      .length = sizeof(wake->payload) };
	return 0;
}

/* The bytes of a frame that can be only one way. */
static size_t write_word(unsigned char word[WORD_MAX], const struct frame *frame)
{
	frame_write_header(word, frame);
	if (frame->length > 0)
		memcpy(word + FRAME_HEADER, frame->payload, frame->length);
	return FRAME_HEADER + frame->length;
}

/* How long to wait, and for whom. */
struct patience {
	int64_t deadline_ms;
	int64_t last_ms; /* the deadline is put off to this at most */
	pid_t machine;   /* 0: the deadline is not put off */
	int64_t starved_ms;
};

/* How long a thread has waited for a processor since it was started; 0: the kernel does not count.
 */
static int64_t starved_of(int tasks, const char *thread)
{
	auto_text struct text text = { 0 };
	struct error ignored = { 0 };
	uint64_t waited_ns = 0;
	char path[64];
	char *second;

	/* "RAN WAITED TIMES", of which the first two are in ns */
	if (snprintf(path, sizeof(path), "%.20s/schedstat", thread) < 0 ||
	    file_read_at(tasks, path, 256, &text, &ignored) < 0)
		return 0;
	second = strchr(text_string(&text), ' ');
	if (second == NULL)
		return 0;
	second++;
	second[strcspn(second, " ")] = '\0';
	return parse_u64(second, INT64_MAX, &waited_ns) < 0 ? 0 : (int64_t)(waited_ns / 1000000);
}

/* The most that any of a process's threads has. */
static int64_t starved_ms(pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	int64_t most = 0;
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
		int64_t starved =
		    entry->d_name[0] == '.' ? 0 : starved_of(dirfd(tasks), entry->d_name);

		most = starved > most ? starved : most;
	}
	if (tasks != NULL)
		(void)closedir(tasks);
	return most;
}

/* The deadline has passed: whether there is a later one. */
static bool put_off(struct patience *patience)
{
	int64_t starved = patience->machine > 0 ? starved_ms(patience->machine) : 0;
	int64_t later = patience->deadline_ms + starved - patience->starved_ms;

	later = later > patience->last_ms ? patience->last_ms : later;
	patience->starved_ms = starved;
	patience->deadline_ms = later;
	return !deadline_has_passed(later);
}

static int await_readable(int channel, struct patience *patience, struct error *err)
{
	struct pollfd waiting = { .fd = channel, .events = POLLIN };
	int r;

	do
		r = poll(&waiting, 1, deadline_left_ms(patience->deadline_ms));
	while ((r < 0 && errno == EINTR) || (r == 0 && put_off(patience)));
	if (r < 0)
		return error_from_errno(err, "waiting for the guest");
	return r > 0 ? 0 : error_set(err, ETIMEDOUT, "the guest was silent for too long");
}

static int await_word(int channel, const struct frame *wanted, struct patience *patience,
		      struct error *err)
{
	unsigned char word[WORD_MAX], heard[WORD_MAX];
	size_t length = write_word(word, wanted);
	size_t n = 0;

	while (n < length) {
		ssize_t got;
		int r = await_readable(channel, patience, err);

		if (r < 0)
			return r;
		got = recv(channel, heard + n, length - n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return error_set(err, EPIPE, "the guest ended");
		n += (size_t)got;
		if (memcmp(heard, word, n) != 0)
			return error_set(err, EPROTO, "the guest said something else");
	}
	return 0;
}

int waking_await_hello(int channel, int64_t deadline_ms, struct error *err)
{
	unsigned char version[4];
	const struct frame hello = { .kind = FRAME_HELLO, .payload = version, .length = 4 };

	struct patience patience = { .deadline_ms = deadline_ms };

	frame_put_u32(version, FRAME_VERSION);
	return await_word(channel, &hello, &patience, err);
}

int waking_wake(int channel, pid_t machine, int limit_ms, struct error *err)
{
	static const struct frame awake = { .kind = FRAME_AWAKE, .stream = FRAME_OF_SESSION(0) };
	unsigned char bytes[FRAME_HEADER + sizeof(((struct wake *)0)->payload)];
	struct patience patience = { .deadline_ms = deadline_after_ms(limit_ms),
				     .last_ms = deadline_after_ms(WAKE_MOST_MS),
				     .machine = machine,
				     .starved_ms = starved_ms(machine) };
	struct wake wake;
	int r = wake_fill(&wake, err);

	if (r < 0)
		return r;
	frame_write_header(bytes, &wake.frame);
	memcpy(bytes + FRAME_HEADER, wake.payload, sizeof(wake.payload));
	/* A new socket has room for these few. */
	if (send(channel, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)sizeof(bytes))
		return error_set(err, EPIPE, "the guest ended");
	return await_word(channel, &awake, &patience, err);
}
