/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_parts.h - the parts of seccomp.c: instructions, search trees, ABIs.
 *
 * Private to this room.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"
#include "common/privilege/seccomp.h"

/* What a call comes to.  The first four are one instruction, the others look at arguments. */
enum seccomp_action {
	SECCOMP_ALLOW,
	SECCOMP_BLOCK, /* as the list asks */
	SECCOMP_NO_SUCH_CALL,
	SECCOMP_NOT_PERMITTED,
	SECCOMP_CHECK_NAMESPACES, /* flags in the first argument */
	SECCOMP_CHECK_TERMINAL,   /* the request of ioctl() */
	SECCOMP_CHECK_FAMILY,     /* of socket() */
	SECCOMP_CHECK_MKNOD,      /* mode and device: the second and third argument */
	SECCOMP_CHECK_MKNODAT,    /* the third and fourth */
	SECCOMP_CHECK_SOCKETCALL, /* which call, in the first argument */
	SECCOMP_CHECK_IPC,
};

/* All keys from start up to the next range's start have one action. */
struct seccomp_range {
	uint32_t start;
	enum seccomp_action action;
};

struct seccomp_ranges {
	struct seccomp_range *items; /* the first one starts at 0 */
	size_t n;
};

#define SECCOMP_MAX_RETURNS 8

/* A verdict that is in the code already. */
struct seccomp_return {
	uint32_t verdict; /* SECCOMP_RET_… */
	size_t place;
};

/*
 * seccomp_code.c: instructions, as many as the kernel takes; errors stick.
 *
 * Written backwards, from the last instruction to the first: jumps lead forward only, so where one
 * leads to is known, and may be where others lead to as well.  A place is an instruction's number
 * from the end; each function returns the place where what it has added begins.
 */
struct seccomp_code {
	struct sock_filter *items;
	size_t n, capacity;
	uint32_t block; /* SECCOMP_RET_… of SECCOMP_BLOCK */
	int status;     /* 0, -E2BIG, -ENOMEM */
	struct seccomp_ranges socketcall, ipc;
	struct seccomp_return returns[SECCOMP_MAX_RETURNS];
	size_t n_returns;
};

size_t seccomp_code_add(struct seccomp_code *code, uint16_t operation, uint32_t value);
/* operation: BPF_JEQ, BPF_JGE or BPF_JSET. */
size_t seccomp_code_branch(struct seccomp_code *code, uint16_t operation, uint32_t value,
			   size_t when_true, size_t when_false);
size_t seccomp_code_action(struct seccomp_code *code, enum seccomp_action action);

/* Whatever is added next goes on at place. */
void seccomp_code_fall(struct seccomp_code *code, size_t place);

/* Finds the range that the accumulator is in, and does its action. */
size_t seccomp_code_search(struct seccomp_code *code, const struct seccomp_range *ranges, size_t n);

/* Once, at the end: the instructions in the order of the kernel. */
void seccomp_code_finish(struct seccomp_code *code);

/* seccomp_abi.c: one way of this machine to make system calls. */
struct seccomp_abi {
	uint32_t audit_arch; /* AUDIT_ARCH_… of struct seccomp_data */
	uint32_t scmp_arch;  /* SCMP_ARCH_… of libseccomp */
	uint32_t last_known; /* the highest number that Linux 4.10 had */
	uint32_t limit;      /* numbers from here on are another ABI's (x32); 0: none */
	bool multiplexed;    /* has socketcall() and ipc() */
};

extern const struct seccomp_abi seccomp_abis[];
extern const size_t seccomp_n_abis;

/* Numbers from here on are no calls of any ABI of ours; Linux 6.12 is at 467. */
#define SECCOMP_MAX_NUMBER 1024

/* The calls of a list as one ABI numbers them. */
struct seccomp_numbers {
	bool listed[SECCOMP_MAX_NUMBER];
	uint32_t socketcalls; /* bit n: number n of socketcall() */
	uint32_t ipcs;        /* bit n: number n of ipc() */
};

/* Adds the call: 1.  0: this ABI does not have it.  -ENOENT: nobody knows it. */
int seccomp_numbers_add(struct seccomp_numbers *numbers, const struct seccomp_abi *abi,
			const char *name) MUST_CHECK;
