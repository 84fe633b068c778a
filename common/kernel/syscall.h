/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall.h - the system calls that glibc 2.36 has no wrapper for.
 *
 * Conventions are glibc's: -1 and errno.  Everything else (pidfd_open,
 * close_range, open_tree, move_mount, fsopen, mount_setattr …) is glibc's own.
 * <linux/mount.h> must not be included beside <sys/mount.h>: they define the
 * same enum.
 *
 * Processes:  safe between clone() and exec(), save for clone3 itself: it
 *             returns twice without glibc's fork handlers, so the child of a
 *             process with threads may only make system calls.
 */
#pragma once

#include <linux/openat2.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Linux 5.3; args->cgroup 5.7.  Without CLONE_VM the child goes on on a copy of this stack. */
static inline pid_t syscall_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof(*args));
}

/* Linux 5.6.  Use common/kernel/path_in_root.h instead. */
static inline int syscall_openat2(int dir_fd, const char *path, struct open_how *how)
{
	return (int)syscall(SYS_openat2, dir_fd, path, how, sizeof(*how));
}

static inline int syscall_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}
