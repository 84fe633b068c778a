/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_life_cycle.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "stage0/pods/pod_name.h"

/* In the order a pod goes through them; pod_find() relies on that. */
static const char *const homes[POD_HOMES] = {
	[POD_HOME_EMBRYO] = "embryo",
	[POD_HOME_PREPARE] = "prepare",
	[POD_HOME_PREPARED] = "prepared",
	[POD_HOME_RUN] = "run",
	[POD_HOME_EXITED_GARBAGE] = "exited-garbage",
	[POD_HOME_GARBAGE] = "garbage",
};

static const char *const states[] = {
	[POD_EMBRYO] = "embryo",
	[POD_PREPARING] = "preparing",
	[POD_ABORTED_PREPARE] = "aborted prepare",
	[POD_PREPARED] = "prepared",
	[POD_RUNNING] = "running",
	[POD_DELETING] = "deleting",
	[POD_EXITED] = "exited",
	[POD_EXITED_GARBAGE] = "exited garbage",
	[POD_GARBAGE] = "garbage",
};

/* "exited-garbage/UUID" */
#define PLACE_SIZE (sizeof("exited-garbage/") + UUID_TEXT_SIZE)

const char *pod_state_name(enum pod_state state)
{
	return states[state];
}

const char *pod_home_name(enum pod_home home)
{
	return homes[home];
}

static void find_place(enum pod_home home, const char *uuid, char ret[static PLACE_SIZE])
{
	(void)snprintf(ret, PLACE_SIZE, "%s/%.*s", homes[home], UUID_TEXT_SIZE - 1, uuid);
}

void pod_path(const struct pod_dir *pod, char ret[static POD_PATH_SIZE])
{
	(void)snprintf(ret, POD_PATH_SIZE, "pods/%s/%s", homes[pod->home], pod->uuid.text);
}

void pods_close(struct pods *pods)
{
	cleanup_close(&pods->fd);
}

void pod_close(struct pod_dir *pod)
{
	cleanup_close(&pod->fd);
}

static int make_homes(int data_dir, struct error *err)
{
	char path[sizeof("pods/exited-garbage")];

	if (mkdirat(data_dir, "pods", 0750) < 0 && errno != EEXIST)
		return error_from_errno(err, "making the directory of pods");
	for (int i = 0; i < POD_HOMES; i++) {
		(void)snprintf(path, sizeof(path), "pods/%s", homes[i]);
		if (mkdirat(data_dir, path, 0750) < 0 && errno != EEXIST)
			return error_from_errno(err, "making the directory %s", path);
	}
	return 0;
}

int pods_open(int data_dir, struct pods *ret, struct error *err)
{
	auto_close int fd = openat(data_dir, "pods", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return error_from_errno(err, "opening the directory of pods");
	/* The last one that make_homes() makes tells that all are there. */
	if (fd < 0 || faccessat(fd, homes[POD_HOMES - 1], F_OK, 0) < 0) {
		int r = make_homes(data_dir, err);

		if (r < 0)
			return r;
		cleanup_close(&fd);
		fd = openat(data_dir, "pods", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return error_from_errno(err, "opening the directory of pods");
	}
	ret->fd = take_fd(&fd);
	return 0;
}

static int open_place(const struct pods *pods, enum pod_home home, const char *uuid)
{
	char place[PLACE_SIZE];

	find_place(home, uuid, place);
	return openat(pods->fd, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static int move_to(const struct pods *pods, const struct pod_dir *pod, enum pod_home to)
{
	char from_place[PLACE_SIZE], to_place[PLACE_SIZE];

	find_place(pod->home, pod->uuid.text, from_place);
	find_place(to, pod->uuid.text, to_place);
	return renameat(pods->fd, from_place, pods->fd, to_place);
}

/* -ENOENT: a collection took the embryo before it was locked. */
static int create_once(const struct pods *pods, struct pod_dir *ret, struct error *err)
{
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	char place[PLACE_SIZE];
	int r = uuid_generate(&pod.uuid, err);

	if (r < 0)
		return r;
	find_place(POD_HOME_EMBRYO, pod.uuid.text, place);
	if (mkdirat(pods->fd, place, 0750) < 0)
		return error_from_errno(err, "making the directory of pod %s", pod.uuid.text);
	pod.home = POD_HOME_EMBRYO;
	pod.fd = open_place(pods, POD_HOME_EMBRYO, pod.uuid.text);
	if (pod.fd < 0 || flock(pod.fd, LOCK_EX) < 0 || move_to(pods, &pod, POD_HOME_PREPARE) < 0)
		return error_from_errno(err, "locking the new pod %s", pod.uuid.text);
	pod.home = POD_HOME_PREPARE;
	*ret = pod;
	pod.fd = FD_NONE;
	return 0;
}

int pod_create(const struct pods *pods, struct pod_dir *ret, struct error *err)
{
	int r = -ENOENT;

	for (int attempts = 0; attempts < 3 && r == -ENOENT; attempts++)
		r = create_once(pods, ret, err);
	return r;
}

int pod_open(const struct pods *pods, enum pod_home home, const char *uuid, struct pod_dir *ret,
	     struct error *err)
{
	struct pod_dir pod = { .home = home };

	if (!uuid_is_valid(uuid))
		return error_set(err, EINVAL, "\"%s\" is not a UUID", uuid);
	pod.fd = open_place(pods, home, uuid);
	if (pod.fd < 0)
		return error_from_errno(err, "opening the pod %s", uuid);
	/* uuid may be the one in *ret. */
	(void)snprintf(pod.uuid.text, sizeof(pod.uuid.text), "%s", uuid);
	*ret = pod;
	return 0;
}

/*
 * Pods only move forward through the homes, and so does the search: one that
 * moves on meanwhile is met later.
 */
static int find_whole(const struct pods *pods, const char *uuid, struct pod_dir *ret,
		      struct error *err)
{
	for (int home = 0; home < POD_HOMES; home++) {
		int r = pod_open(pods, (enum pod_home)home, uuid, ret, err);

		if (r != -ENOENT)
			return r;
	}
	return error_set(err, ENOENT, "no matches found for \"%s\"", uuid);
}

int pod_refresh(const struct pods *pods, struct pod_dir *pod, struct error *err)
{
	char place[PLACE_SIZE];

	for (int home = 0; home < POD_HOMES; home++) {
		find_place((enum pod_home)home, pod->uuid.text, place);
		if (faccessat(pods->fd, place, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			pod->home = (enum pod_home)home;
			return 0;
		}
	}
	return error_set(err, ENOENT, "the pod %s is gone", pod->uuid.text);
}

int pods_visit(const struct pods *pods, enum pod_home home, pod_visitor *visit, void *context,
	       struct error *err)
{
	int fd = openat(pods->fd, homes[home], O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (dir == NULL) {
		r = error_from_errno(err, "reading the directory of pods, %s", homes[home]);
		cleanup_close(&fd);
		return r;
	}
	while (r >= 0 && (entry = readdir(dir)) != NULL)
		if (uuid_is_valid(entry->d_name))
			r = visit(context, home, entry->d_name, err);
	(void)closedir(dir);
	return r < 0 ? r : 0;
}

struct prefix_search {
	const char *prefix;
	struct uuid found; /* one that matches; "": none so far */
	unsigned n;
};

static int note_match(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct prefix_search *search = context;

	(void)home;
	(void)err;
	/* The same one twice: it moved on while the homes were read. */
	if (strncmp(uuid, search->prefix, strlen(search->prefix)) != 0 ||
	    strcmp(uuid, search->found.text) == 0)
		return 0;
	search->n++;
	(void)snprintf(search->found.text, sizeof(search->found.text), "%s", uuid);
	return 0;
}

int pod_find(const struct pods *pods, const char *prefix, struct pod_dir *ret, struct error *err)
{
	struct prefix_search search = { .prefix = prefix };

	if (uuid_is_valid(prefix))
		return find_whole(pods, prefix, ret, err);
	if (prefix[0] == '\0')
		return error_set(err, EINVAL, "UUID cannot be empty");
	if (prefix[strspn(prefix, "0123456789abcdef-")] != '\0') {
		int r = pod_name_find(pods, prefix, &search.found, err);

		return r < 0 ? r : find_whole(pods, search.found.text, ret, err);
	}
	if (strlen(prefix) >= UUID_TEXT_SIZE)
		return error_set(err, ENOENT, "no matches found for \"%s\"", prefix);
	for (int home = 0; home < POD_HOMES; home++) {
		int r = pods_visit(pods, (enum pod_home)home, note_match, &search, err);

		if (r < 0)
			return r;
	}
	if (search.n == 0)
		return error_set(err, ENOENT, "no matches found for \"%s\"", prefix);
	if (search.n > 1)
		return error_set(err, ENOTUNIQ, "ambiguous UUID \"%s\", %u matches", prefix,
				 search.n);
	return find_whole(pods, search.found.text, ret, err);
}

int pod_lock(const struct pod_dir *pod, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 2000000 };

	for (int attempts = 0; attempts < 10; attempts++) {
		if (flock(pod->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_from_errno(err, "locking the pod %s", pod->uuid.text);
		(void)nanosleep(&pause, NULL);
	}
	return error_set(err, EWOULDBLOCK, "the pod %s is in use", pod->uuid.text);
}

void pod_unlock(const struct pod_dir *pod)
{
	(void)flock(pod->fd, LOCK_UN);
}

int pod_move(const struct pods *pods, struct pod_dir *pod, enum pod_home to, struct error *err)
{
	if (move_to(pods, pod, to) < 0)
		return error_from_errno(err, "moving the pod %s to %s", pod->uuid.text, homes[to]);
	pod->home = to;
	return 0;
}

int pod_sync(const struct pod_dir *pod, struct error *err)
{
	if (syncfs(pod->fd) < 0)
		return error_from_errno(err, "writing the pod %s to disk", pod->uuid.text);
	return 0;
}

static bool is_locked(const struct pod_dir *pod)
{
	if (flock(pod->fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(pod->fd, LOCK_UN);
	return false;
}

enum pod_state pod_state(const struct pod_dir *pod)
{
	switch (pod->home) {
	case POD_HOME_EMBRYO:
		return POD_EMBRYO;
	case POD_HOME_PREPARED:
		return POD_PREPARED;
	case POD_HOME_PREPARE:
		return is_locked(pod) ? POD_PREPARING : POD_ABORTED_PREPARE;
	case POD_HOME_RUN:
		return is_locked(pod) ? POD_RUNNING : POD_EXITED;
	case POD_HOME_EXITED_GARBAGE:
		return is_locked(pod) ? POD_DELETING : POD_EXITED_GARBAGE;
	case POD_HOME_GARBAGE:
	case POD_HOMES:
		break;
	}
	return is_locked(pod) ? POD_DELETING : POD_GARBAGE;
}
