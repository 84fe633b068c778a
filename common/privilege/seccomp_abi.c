/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>

#include "common/base/cleanup.h"
#include "common/privilege/seccomp_parts.h"

/* last_known: pkey_free, the last call before statx. */
const struct seccomp_abi seccomp_abis[] = {
#if defined(__x86_64__)
	{ .audit_arch = AUDIT_ARCH_X86_64,
	  .scmp_arch = SCMP_ARCH_X86_64,
	  .last_known = 331,
	  .limit = 0x40000000 },
	{ .audit_arch = AUDIT_ARCH_I386,
	  .scmp_arch = SCMP_ARCH_X86,
	  .last_known = 382,
	  .multiplexed = true },
#elif defined(__aarch64__)
	{ .audit_arch = AUDIT_ARCH_AARCH64, .scmp_arch = SCMP_ARCH_AARCH64, .last_known = 290 },
#else
#error "no system call ABI is described for this machine"
#endif
};

const size_t seccomp_n_abis = ARRAY_LENGTH(seccomp_abis);

/* libseccomp's numbers for calls that x86 had only in socketcall() and ipc(): base - subcall. */
#define SOCKETCALL_BASE (-100)
#define IPC_BASE        (-200)
#define MAX_SUBCALL     31

struct multiplexed {
	int pseudo;
	uint32_t direct; /* the number of its own that it got later */
};

static const struct multiplexed direct_calls[] = {
	{ -101, 359 }, /* socket */
	{ -102, 361 }, /* bind */
	{ -103, 362 }, /* connect */
	{ -104, 363 }, /* listen */
	{ -106, 367 }, /* getsockname */
	{ -107, 368 }, /* getpeername */
	{ -108, 360 }, /* socketpair */
	{ -111, 369 }, /* sendto */
	{ -112, 371 }, /* recvfrom */
	{ -113, 373 }, /* shutdown */
	{ -114, 366 }, /* setsockopt */
	{ -115, 365 }, /* getsockopt */
	{ -116, 370 }, /* sendmsg */
	{ -117, 372 }, /* recvmsg */
	{ -118, 364 }, /* accept4 */
	{ -119, 337 }, /* recvmmsg */
	{ -120, 345 }, /* sendmmsg */
	{ -202, 393 }, /* semget */
	{ -203, 394 }, /* semctl */
	{ -211, 400 }, /* msgsnd */
	{ -212, 401 }, /* msgrcv */
	{ -213, 399 }, /* msgget */
	{ -214, 402 }, /* msgctl */
	{ -221, 397 }, /* shmat */
	{ -222, 398 }, /* shmdt */
	{ -223, 395 }, /* shmget */
	{ -224, 396 }, /* shmctl */
};

static int add_multiplexed(struct seccomp_numbers *numbers, int pseudo)
{
	if (pseudo < SOCKETCALL_BASE && pseudo >= SOCKETCALL_BASE - MAX_SUBCALL)
		numbers->socketcalls |= UINT32_C(1) << (SOCKETCALL_BASE - pseudo);
	else if (pseudo < IPC_BASE && pseudo >= IPC_BASE - MAX_SUBCALL)
		numbers->ipcs |= UINT32_C(1) << (IPC_BASE - pseudo);
	else
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(direct_calls); i++) {
		if (direct_calls[i].pseudo == pseudo)
			numbers->listed[direct_calls[i].direct] = true;
	}
	return 1;
}

int seccomp_numbers_add(struct seccomp_numbers *numbers, const struct seccomp_abi *abi,
			const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(abi->scmp_arch, name);

	if (number == __NR_SCMP_ERROR)
		return -ENOENT;
	if (number < 0)
		return abi->multiplexed ? add_multiplexed(numbers, number) : 0;
	if (number >= SECCOMP_MAX_NUMBER)
		return 0;
	numbers->listed[number] = true;
	return 1;
}
