/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp.h - a list of system call names becomes a filter, a filter is loaded.
 *
 * Compiling is the parent's work: it allocates.  Loading is the child's last
 * system call before execve(), see privileges.h.
 *
 * ABIs:       the machine's own has the list, and on x86_64 the 32-bit one with its own
 *             numbers; x32 and every other ABI is blocked as a whole.
 * Program:    a binary search over ranges of numbers (no libseccomp program: that
 *             compares call by call).  Verdicts depend on the number alone where
 *             they can, so the kernel's bitmap of always-allowed calls works.
 * Blocked:    errno, or the process dies by SIGSYS.
 * Always:     execve, exit, exit_group, rt_sigreturn, sigreturn and restart_syscall are part of
 *             every allow list (systemd does the same with more): without the first
 *             nothing starts, without the others nothing ends or takes a signal.  A
 *             deny list that names execve is refused.
 * Newer:      calls that Linux got with 4.11 or later (statx on) and that an allow list
 *             does not name fail with ENOSYS whatever the block action is: a list
 *             cannot speak of what is younger than it, and C libraries then use the
 *             older call.  So does clone3 in every filter, unless the list names it
 *             and user namespaces are not guarded: its flags are behind a pointer
 *             that no filter can follow.
 * 32-bit:     x86's socketcall() and ipc() follow the list by their first argument,
 *             unless the list names themselves.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/error.h"
#include "common/base/text.h"

/* Refused (EPERM, EAFNOSUPPORT) even where the list lets the call pass. */
#define SECCOMP_GUARD_USER_NAMESPACES 1u /* clone, unshare with CLONE_NEWUSER; clone3: ENOSYS */
#define SECCOMP_GUARD_TERMINAL        2u /* ioctl TIOCSTI, TIOCLINUX: typing into a terminal */
#define SECCOMP_GUARD_SOCKETS         4u /* socket() of AF_ALG and AF_VSOCK; not by socketcall() */
#define SECCOMP_GUARD_DEVICES         8u /* mknod of devices, but those every /dev has, and 0:0 */

struct seccomp_list {
	bool allow;               /* true: only these pass; false: only these are blocked */
	const char *const *names; /* system call names, any order */
	size_t n_names;
	const char *errno_name; /* "EPERM"; NULL: a blocked call ends the process by SIGSYS */
	unsigned guards;        /* SECCOMP_GUARD_… */
};

struct seccomp_program {
	struct sock_filter *instructions; /* owned */
	size_t n;
	size_t n_unknown; /* names that no ABI of this machine has; they were skipped */
	char unknown[96]; /* the first of them, for a warning; "" */
};

#define auto_seccomp_program CLEANUP(seccomp_program_release)

/* -EINVAL: unknown errno name, or execve denied; -E2BIG: too long for the kernel; -ENOMEM. */
int seccomp_compile(const struct seccomp_list *list, struct seccomp_program *ret,
		    struct error *err) MUST_CHECK;

/*
 * Loads a filter on the calling thread.  -EACCES: neither no-new-privileges nor
 * CAP_SYS_ADMIN in the user namespace.  Allocates nothing.
 */
int seccomp_program_load(const struct seccomp_program *program, struct error *err) MUST_CHECK;

void seccomp_program_release(struct seccomp_program *program);
