/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_life_cycle.h - where a pod is in its life, kept by directories and locks.
 *
 * A pod is a directory named by its UUID.  Which of six directories it is in,
 * and whether somebody holds an exclusive flock on it, is its state; a rename
 * moves it on.  No process needs to survive for that to hold: the kernel drops
 * the lock of a process that dies.
 *
 *   directory        locked            not locked
 *   embryo           embryo            embryo
 *   prepare          preparing         aborted prepare
 *   prepared         prepared          prepared
 *   run              running           exited
 *   exited-garbage   deleting          exited garbage
 *   garbage          deleting          garbage
 *
 * Source:     rkt/rkt, Documentation/devel/pod-lifecycle.md.
 * Ownership:  struct pod_dir owns fd, the pod's directory; when the pod was locked
 *             through it, closing all copies of fd unlocks the pod.  fd is
 *             close-on-exec: who execs a stage1 duplicates it (RKT_LOCK_FD).
 * Errors:     -ENOENT the pod is gone (or was never there), -EWOULDBLOCK locked
 *             by another process, -ENOTUNIQ an ambiguous prefix.
 * Crashes:    after any kill the directory is where one of the states says, and
 *             `rkt gc` collects it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/base/uuid.h"

enum pod_home {
	POD_HOME_EMBRYO,
	POD_HOME_PREPARE,
	POD_HOME_PREPARED,
	POD_HOME_RUN,
	POD_HOME_EXITED_GARBAGE,
	POD_HOME_GARBAGE,
	POD_HOMES,
};

enum pod_state {
	POD_EMBRYO,
	POD_PREPARING,
	POD_ABORTED_PREPARE,
	POD_PREPARED,
	POD_RUNNING,
	POD_DELETING,
	POD_EXITED,
	POD_EXITED_GARBAGE,
	POD_GARBAGE,
};

struct pods {
	int fd; /* DIR/pods */
};

struct pod_dir {
	struct uuid uuid;
	enum pod_home home;
	int fd;
};

#define PODS_NONE                                                                                  \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}
#define POD_DIR_NONE                                                                               \
	{                                                                                          \
		.fd = FD_NONE                                                                      \
	}

#define auto_pods    CLEANUP(pods_close)
#define auto_pod_dir CLEANUP(pod_close)

/* Opens DIR/pods of the data directory fd; makes it and its six directories when missing. */
int pods_open(int data_dir, struct pods *ret, struct error *err) MUST_CHECK;
void pods_close(struct pods *pods);

/* A new pod in prepare/, empty, locked by fd.  Not durable. */
int pod_create(const struct pods *pods, struct pod_dir *ret, struct error *err) MUST_CHECK;

/* Finds a pod by a UUID, an unambiguous prefix of one, or its name; opens it, does not lock it. */
int pod_find(const struct pods *pods, const char *prefix, struct pod_dir *ret,
	     struct error *err) MUST_CHECK;

/* Opens a pod known to be in a directory; -ENOENT when it has moved on. */
int pod_open(const struct pods *pods, enum pod_home home, const char *uuid, struct pod_dir *ret,
	     struct error *err) MUST_CHECK;

/* Sets pod->home to where the pod is now; -ENOENT: nowhere any more. */
int pod_refresh(const struct pods *pods, struct pod_dir *pod, struct error *err) MUST_CHECK;

void pod_close(struct pod_dir *pod);

/*
 * Locks the pod for this process and its heirs.  -EWOULDBLOCK when another has
 * it; a few milliseconds are allowed for one that only looks (pod_state()).
 */
int pod_lock(const struct pod_dir *pod, struct error *err) MUST_CHECK;

/* Lets go of the lock taken through this fd, also for its copies in other processes. */
void pod_unlock(const struct pod_dir *pod);

/* Renames the pod to another directory; -ENOENT: another process was first. */
int pod_move(const struct pods *pods, struct pod_dir *pod, enum pod_home to,
	     struct error *err) MUST_CHECK;

/* Makes all that was written for the pod, and its place, survive a power cut (prepare). */
int pod_sync(const struct pod_dir *pod, struct error *err) MUST_CHECK;

/*
 * The state now.  Looks for the lock with a shared one that is let go at once: not
 * for a pod that was locked through this very fd.
 */
enum pod_state pod_state(const struct pod_dir *pod);

/* "aborted prepare" */
const char *pod_state_name(enum pod_state state);

/* "exited-garbage" */
const char *pod_home_name(enum pod_home home);

/* The pod's path below the data directory: "pods/run/UUID". */
#define POD_PATH_SIZE (sizeof("pods/exited-garbage/") + UUID_TEXT_SIZE)
void pod_path(const struct pod_dir *pod, char ret[static POD_PATH_SIZE]);

/*
 * Calls visit for every pod of a directory; a negative result of visit ends the
 * walk and is returned.  Names that are no UUIDs are passed over.
 */
typedef int pod_visitor(void *context, enum pod_home home, const char *uuid, struct error *err);
int pods_visit(const struct pods *pods, enum pod_home home, pod_visitor *visit, void *context,
	       struct error *err) MUST_CHECK;
