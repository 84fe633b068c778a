/* SPDX-License-Identifier: Apache-2.0 */
/* Filters against tables of verdicts, in a simulator: no privilege needed. */
#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/privilege/verdict_table.h"

#define N_NUMBERS 700

TEST(an_allow_list_passes_what_it_names_and_what_every_program_needs)
{
	static const char *const names[] = { "write", "read", "statx" };
	const struct seccomp_list list = {
		.allow = true, .names = names, .n_names = 3, .errno_name = "EPERM"
	};
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ NATIVE, SYS_read, .want = ALLOWED },
		{ NATIVE, SYS_write, .want = ALLOWED },
		{ NATIVE, SYS_statx, .want = ALLOWED },
		{ NATIVE, SYS_execve, .want = ALLOWED },
		{ NATIVE, SYS_exit, .want = ALLOWED },
		{ NATIVE, SYS_exit_group, .want = ALLOWED },
		{ NATIVE, SYS_rt_sigreturn, .want = ALLOWED },
		{ NATIVE, SYS_restart_syscall, .want = ALLOWED },
		{ NATIVE, SYS_open, .want = FAILS(EPERM) },
		{ NATIVE, SYS_close, .want = FAILS(EPERM) },
		{ NATIVE, SYS_execveat, .want = FAILS(EPERM) },
		{ NATIVE, SYS_pkey_free, .want = FAILS(EPERM) },
		{ NATIVE, SYS_io_uring_setup, .want = FAILS(ENOSYS) },
		{ NATIVE, SYS_faccessat2, .want = FAILS(ENOSYS) },
		{ NATIVE, SYS_clone3, .want = FAILS(ENOSYS) },
		{ NATIVE, 5000, .want = FAILS(ENOSYS) },
		{ NATIVE, 400, .want = FAILS(ENOSYS) },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
	check_uint(program.n_unknown, 0);
}

TEST(a_deny_list_blocks_what_it_names_alone)
{
	static const char *const names[] = { "mount", "io_uring_setup", "umount2", "clone3" };
	const struct seccomp_list list = { .names = names, .n_names = 4, .errno_name = "EACCES" };
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ NATIVE, SYS_mount, .want = FAILS(EACCES) },
		{ NATIVE, SYS_umount2, .want = FAILS(EACCES) },
		{ NATIVE, SYS_io_uring_setup, .want = FAILS(EACCES) },
		{ NATIVE, SYS_clone3, .want = FAILS(EACCES) },
		{ NATIVE, 0, .want = ALLOWED },
		{ NATIVE, SYS_mount - 1, .want = ALLOWED },
		{ NATIVE, SYS_umount2 + 1, .want = ALLOWED },
		{ NATIVE, SYS_io_uring_enter, .want = ALLOWED },
		{ NATIVE, SYS_execve, .want = ALLOWED },
		{ NATIVE, 0x3fffffff, .want = ALLOWED },
		{ I386, 21, .want = FAILS(EACCES) }, /* mount */
		{ I386, 22, .want = ALLOWED },       /* umount: not named */
		{ I386, 52, .want = FAILS(EACCES) }, /* umount2 */
		{ I386, SYS_mount, .want = ALLOWED },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}

TEST(without_an_errno_a_blocked_call_kills)
{
	static const char *const names[] = { "read" };
	const struct seccomp_list list = { .allow = true, .names = names, .n_names = 1 };
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ NATIVE, SYS_read, .want = ALLOWED },
		{ NATIVE, SYS_write, .want = KILLED },
		{ NATIVE, SYS_statx, .want = FAILS(ENOSYS) },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}

TEST(other_abis_are_blocked_as_a_whole)
{
	static const char *const names[] = { "ptrace" };
	const struct seccomp_list list = { .names = names, .n_names = 1, .errno_name = "EPERM" };
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ NATIVE, 0x40000000, .want = FAILS(EPERM) }, /* x32 read */
		{ NATIVE, 0x40000000 + 520, .want = FAILS(EPERM) },
		{ NATIVE, -1, .want = FAILS(EPERM) },
		{ AUDIT_ARCH_AARCH64, 63, .want = FAILS(EPERM) },
		{ 0, 0, .want = FAILS(EPERM) },
		{ UINT32_MAX, 0, .want = FAILS(EPERM) },
		{ I386, 3, .want = ALLOWED },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}

TEST(the_32_bit_abi_has_its_own_numbers)
{
	static const char *const names[] = { "read", "getpid" };
	const struct seccomp_list list = {
		.allow = true, .names = names, .n_names = 2, .errno_name = "EPERM"
	};
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ I386, 3, .want = ALLOWED },   /* read */
		{ I386, 20, .want = ALLOWED },  /* getpid */
		{ I386, 11, .want = ALLOWED },  /* execve */
		{ I386, 119, .want = ALLOWED }, /* sigreturn */
		{ I386, 0, .want = ALLOWED },   /* restart_syscall */
		{ I386, 4, .want = FAILS(EPERM) },
		{ I386, 39, .want = FAILS(EPERM) },
		{ I386, 403, .want = FAILS(ENOSYS) }, /* clock_gettime64 */
		{ I386, 102, 1, .want = FAILS(EPERM) },
		{ NATIVE, 20, .want = FAILS(EPERM) }, /* writev */
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}

TEST(socketcall_and_ipc_follow_the_calls_in_them)
{
	static const char *const names[] = { "socket", "recv", "sendmmsg", "shmat" };
	static const struct call allowed[] = {
		{ I386, 102, 1, .want = ALLOWED },
		{ I386, 102, 10, .want = ALLOWED },
		{ I386, 102, 20, .want = ALLOWED },
		{ I386, 102, 2, .want = FAILS(EPERM) },
		{ I386, 102, 0, .want = FAILS(EPERM) },
		{ I386, 102, 21, .want = FAILS(EPERM) },
		{ I386, 102, 33, .want = FAILS(EPERM) },
		{ I386, 102, 0xffffffff, .want = FAILS(EPERM) },
		{ I386, 359, .want = ALLOWED },       /* socket */
		{ I386, 345, .want = ALLOWED },       /* sendmmsg */
		{ I386, 361, .want = FAILS(EPERM) },  /* bind */
		{ I386, 397, .want = ALLOWED },       /* shmat */
		{ I386, 398, .want = FAILS(ENOSYS) }, /* shmdt: young, as a call of its own */
		{ I386, 117, 21, .want = ALLOWED },
		{ I386, 117, 0x10015, .want = ALLOWED },
		{ I386, 117, 22, .want = FAILS(EPERM) },
	};
	static const struct call denied[] = {
		{ I386, 102, 1, .want = FAILS(EPERM) }, { I386, 102, 2, .want = ALLOWED },
		{ I386, 102, 0, .want = ALLOWED },      { I386, 102, 40, .want = ALLOWED },
		{ I386, 359, .want = FAILS(EPERM) },    { I386, 117, 21, .want = FAILS(EPERM) },
		{ I386, 117, 23, .want = ALLOWED },
	};
	struct seccomp_list list = {
		.allow = true, .names = names, .n_names = 4, .errno_name = "EPERM"
	};
	auto_seccomp_program struct seccomp_program allow = compile(&list);
	auto_seccomp_program struct seccomp_program deny = { 0 };

	list.allow = false;
	deny = compile(&list);
	check_calls(&allow, allowed, ARRAY_LENGTH(allowed));
	check_calls(&deny, denied, ARRAY_LENGTH(denied));
}

TEST(a_multiplexer_that_is_named_is_as_named)
{
	static const char *const names[] = { "socketcall", "socket" };
	struct seccomp_list list = {
		.allow = true, .names = names, .n_names = 2, .errno_name = "EPERM"
	};
	auto_seccomp_program struct seccomp_program allow = compile(&list);
	auto_seccomp_program struct seccomp_program deny = { 0 };
	struct call call = { I386, 102, 5, .want = ALLOWED };

	list.allow = false;
	deny = compile(&list);
	check_calls(&allow, &call, 1);
	call.want = FAILS(EPERM);
	check_calls(&deny, &call, 1);
}

TEST(guards_refuse_what_a_list_would_pass)
{
	static const char *const names[] = { "clone",  "clone3", "unshare", "ioctl",
					     "socket", "fork",   "mount" };
	const struct seccomp_list list = {
		.allow = true,
		.names = names,
		.n_names = ARRAY_LENGTH(names),
		.guards =
		    SECCOMP_GUARD_USER_NAMESPACES | SECCOMP_GUARD_TERMINAL | SECCOMP_GUARD_SOCKETS,
	};
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ NATIVE, SYS_clone, 17, .want = ALLOWED },
		{ NATIVE, SYS_clone, CLONE_NEWNS, .want = ALLOWED },
		{ NATIVE, SYS_clone, CLONE_NEWUSER | 17, .want = FAILS(EPERM) },
		{ NATIVE, SYS_clone3, .want = FAILS(ENOSYS) },
		{ NATIVE, SYS_unshare, CLONE_NEWNS, .want = ALLOWED },
		{ NATIVE, SYS_unshare, CLONE_NEWUSER, .want = FAILS(EPERM) },
		{ NATIVE, SYS_ioctl, 1, TCGETS, ALLOWED },
		{ NATIVE, SYS_ioctl, 1, TIOCSTI, FAILS(EPERM) },
		{ NATIVE, SYS_ioctl, 1, TIOCLINUX, FAILS(EPERM) },
		/* The kernel looks at the low half alone: CVE-2019-10063. */
		{ NATIVE, SYS_ioctl, 1, TIOCSTI | UINT64_C(1) << 32, FAILS(EPERM) },
		{ NATIVE, SYS_socket, AF_INET, .want = ALLOWED },
		{ NATIVE, SYS_socket, AF_ALG, .want = FAILS(EAFNOSUPPORT) },
		{ NATIVE, SYS_socket, AF_VSOCK | UINT64_C(1) << 40, .want = FAILS(EAFNOSUPPORT) },
		{ NATIVE, SYS_mount, .want = ALLOWED },
		{ I386, 120, CLONE_NEWUSER, .want = FAILS(EPERM) },
		{ I386, 310, CLONE_NEWUSER, .want = FAILS(EPERM) },
		{ I386, 54, 0, TIOCSTI, FAILS(EPERM) },
		{ I386, 359, AF_ALG, .want = FAILS(EAFNOSUPPORT) },
		{ I386, 435, .want = FAILS(ENOSYS) },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}

TEST(a_guard_opens_nothing_that_is_blocked)
{
	static const char *const names[] = { "unshare", "ioctl", "socket", "clone3" };
	const struct seccomp_list list = {
		.names = names,
		.n_names = ARRAY_LENGTH(names),
		.guards =
		    SECCOMP_GUARD_USER_NAMESPACES | SECCOMP_GUARD_TERMINAL | SECCOMP_GUARD_SOCKETS,
	};
	auto_seccomp_program struct seccomp_program program = compile(&list);
	static const struct call calls[] = {
		{ NATIVE, SYS_unshare, .want = KILLED },
		{ NATIVE, SYS_ioctl, .want = KILLED },
		{ NATIVE, SYS_socket, .want = KILLED },
		{ NATIVE, SYS_clone3, .want = KILLED },
		{ NATIVE, SYS_clone, CLONE_NEWUSER, .want = FAILS(EPERM) },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}

TEST(an_allow_list_that_names_clone3_passes_it)
{
	static const char *const names[] = { "clone3" };
	const struct seccomp_list list = { .allow = true, .names = names, .n_names = 1 };
	auto_seccomp_program struct seccomp_program program = compile(&list);
	const struct call call = { NATIVE, SYS_clone3, .want = ALLOWED };

	check_calls(&program, &call, 1);
}

TEST(unknown_names_are_skipped_and_counted)
{
	static const char *const names[] = { "read", "no_such_call", "and_another" };
	const struct seccomp_list list = { .allow = true, .names = names, .n_names = 3 };
	auto_seccomp_program struct seccomp_program program = compile(&list);

	check_uint(program.n_unknown, 2);
	check_text(program.unknown, "no_such_call");
}

TEST(names_of_other_machines_are_known_but_nothing_here)
{
	static const char *const names[] = { "read", "arm_fadvise64_64", "s390_pci_mmio_read" };
	const struct seccomp_list list = { .allow = true, .names = names, .n_names = 3 };
	auto_seccomp_program struct seccomp_program program = compile(&list);

	check_uint(program.n_unknown, 0);
}

TEST(empty_lists_are_filters_too)
{
	struct seccomp_list list = { .allow = true };
	auto_seccomp_program struct seccomp_program none = compile(&list);
	auto_seccomp_program struct seccomp_program all = { 0 };
	const struct call refused = { NATIVE, SYS_read, .want = KILLED };
	const struct call passed = { NATIVE, SYS_read, .want = ALLOWED };

	list.allow = false;
	all = compile(&list);
	check_calls(&none, &refused, 1);
	check_calls(&all, &passed, 1);
}

TEST(an_errno_may_have_its_second_name)
{
	static const char *const names[] = { "read" };
	struct seccomp_list list = { .names = names, .n_names = 1, .errno_name = "ENOTSUP" };
	auto_seccomp_program struct seccomp_program first = compile(&list);
	auto_seccomp_program struct seccomp_program second = { 0 };
	struct call call = { NATIVE, SYS_read, .want = FAILS(EOPNOTSUPP) };

	check_calls(&first, &call, 1);
	list.errno_name = "EWOULDBLOCK";
	second = compile(&list);
	call.want = FAILS(EAGAIN);
	check_calls(&second, &call, 1);
}

TEST(what_makes_no_sense_is_refused)
{
	static const char *const names[] = { "read", "execve" };
	struct seccomp_list list = { .names = names, .n_names = 2 };
	struct seccomp_program program = { .n = 77 };
	struct error err = { 0 };

	check_int(seccomp_compile(&list, &program, &err), -EINVAL);
	check_contains(err.text, "execve");
	list.n_names = 1;
	list.errno_name = "EWHATEVER";
	check_int(seccomp_compile(&list, &program, &err), -EINVAL);
	check_contains(err.text, "EWHATEVER");
	list.errno_name = "";
	check_int(seccomp_compile(&list, &program, &err), -EINVAL);
	check_uint(program.n, 77);
}

/* libseccomp's program for the same list on the native ABI. */
static size_t compile_by_library(const char *const *names, size_t n_names, bool allow,
				 struct sock_filter *ret, size_t capacity)
{
	uint32_t blocked = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter = seccomp_init(allow ? blocked : SCMP_ACT_ALLOW);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size;

	for (size_t i = 0; i < n_names; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number >= 0)
			check_int(
			    seccomp_rule_add(filter, allow ? SCMP_ACT_ALLOW : blocked, number, 0),
			    0);
	}
	check_int(seccomp_export_bpf(filter, fd), 0);
	seccomp_release(filter);
	size = pread(fd, ret, capacity * sizeof(*ret), 0);
	check_true(size > 0);
	(void)close(fd);
	return (size_t)size / sizeof(*ret);
}

/* Calls that our compiler treats in its own way on purpose. */
static bool is_ours(int number, bool allow)
{
	static const int always[] = { SYS_execve, SYS_exit, SYS_exit_group, SYS_rt_sigreturn,
				      SYS_restart_syscall };

	for (size_t i = 0; allow && i < ARRAY_LENGTH(always); i++) {
		if (always[i] == number)
			return true;
	}
	return allow && number > SYS_pkey_free;
}

static void compare_with_library(const char *const *names, size_t n_names, bool allow)
{
	static struct sock_filter other[BPF_MAXINSNS];
	size_t n_other = compile_by_library(names, n_names, allow, other, BPF_MAXINSNS);
	const struct seccomp_list list = {
		.allow = allow, .names = names, .n_names = n_names, .errno_name = "EPERM"
	};
	auto_seccomp_program struct seccomp_program program = compile(&list);

	for (int number = 0; number < N_NUMBERS; number++) {
		const struct call call = { .arch = NATIVE, .number = number };
		const struct seccomp_data data = { .arch = NATIVE, .nr = number };
		uint32_t ours = run(&program, &call);
		uint32_t theirs = bpf_run(other, n_other, &data, NULL);

		if (!is_ours(number, allow) || theirs == ALLOWED)
			ck_assert_msg(ours == theirs, "call %d: %#x, libseccomp %#x", number, ours,
				      theirs);
	}
}

TEST(random_lists_have_libseccomps_verdicts)
{
	static const char *names[N_NUMBERS];
	char *all[N_NUMBERS];
	size_t n_all = 0;

	for (int number = 0; number < N_NUMBERS; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

		if (name != NULL)
			all[n_all++] = name;
	}
	check_true(n_all > 300);
	srandom(1);
	for (int round = 0; round < 60; round++) {
		size_t n = 0;
		long density = 1 + random() % 20;
		bool allow = round % 2 == 0;

		for (size_t i = 0; i < n_all; i++) {
			if (random() % density == 0 && (allow || strcmp(all[i], "execve") != 0))
				names[n++] = all[i];
		}
		compare_with_library(names, n, allow);
	}
	for (size_t i = 0; i < n_all; i++)
		free(all[i]);
}

TEST(a_verdict_takes_few_instructions)
{
	static const char *names[N_NUMBERS];
	struct seccomp_list list = { .allow = true, .names = names, .errno_name = "EPERM" };
	auto_seccomp_program struct seccomp_program program = { 0 };
	size_t most = 0;

	/* The worst list: every other call. */
	for (int number = 0; number < N_NUMBERS; number += 2) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

		if (name != NULL)
			names[list.n_names++] = name;
	}
	program = compile(&list);
	for (int number = 0; number < N_NUMBERS; number++) {
		const struct seccomp_data data = { .arch = NATIVE, .nr = number };
		size_t steps;

		(void)bpf_run(program.instructions, program.n, &data, &steps);
		most = steps > most ? steps : most;
	}
	ck_assert_msg(most <= 20, "%zu instructions", most);
	for (size_t i = 0; i < list.n_names; i++)
		free((char *)names[i]);
}
