/* SPDX-License-Identifier: Apache-2.0 */
#include <asm/ioctls.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/base/cleanup.h"
#include "common/privilege/seccomp_parts.h"

#define RETURN      (BPF_RET | BPF_K)
#define LOAD        (BPF_LD | BPF_W | BPF_ABS)

/* Where the low half of an argument is; every 64-bit ABI of ours is little-endian. */
#define ARGUMENT(n) ((uint32_t)(offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t)))

/* How far back a return is used again: each conditional jump in between still has room for it. */
#define REACH       200

static bool make_room(struct seccomp_code *code)
{
	size_t capacity = code->capacity == 0 ? 256 : code->capacity * 2;
	struct sock_filter *items;

	if (code->status < 0 || code->n < code->capacity)
		return code->status == 0;
	if (code->n >= BPF_MAXINSNS) {
		code->status = -E2BIG;
		return false;
	}
	items = reallocarray(code->items, capacity, sizeof(*items));
	if (items == NULL) {
		code->status = -ENOMEM;
		return false;
	}
	code->items = items;
	code->capacity = capacity;
	return true;
}

static size_t add(struct seccomp_code *code, struct sock_filter instruction)
{
	if (!make_room(code))
		return 0;
	code->items[code->n] = instruction;
	return code->n++;
}

size_t seccomp_code_add(struct seccomp_code *code, uint16_t operation, uint32_t value)
{
	return add(code, (struct sock_filter){ .code = operation, .k = value });
}

/* How many instructions are between the one that comes next and a place. */
static size_t distance(const struct seccomp_code *code, size_t place)
{
	return code->status < 0 ? 0 : code->n - place - 1;
}

static size_t add_jump(struct seccomp_code *code, size_t place)
{
	return seccomp_code_add(code, BPF_JMP | BPF_JA, (uint32_t)distance(code, place));
}

void seccomp_code_fall(struct seccomp_code *code, size_t place)
{
	if (distance(code, place) > 0)
		(void)add_jump(code, place);
}

size_t seccomp_code_branch(struct seccomp_code *code, uint16_t operation, uint32_t value,
			   size_t when_true, size_t when_false)
{
	/* Too far for a conditional jump, with what may come in between: a plain one does the rest.
	 */
	if (distance(code, when_true) > UINT8_MAX - 2)
		when_true = add_jump(code, when_true);
	if (distance(code, when_false) > UINT8_MAX - 1)
		when_false = add_jump(code, when_false);
	return add(code, (struct sock_filter){ .code = BPF_JMP | operation | BPF_K,
					       .jt = (uint8_t)distance(code, when_true),
					       .jf = (uint8_t)distance(code, when_false),
					       .k = value });
}

/* One for many, where the last one is not too far away. */
static size_t add_return(struct seccomp_code *code, uint32_t verdict)
{
	struct seccomp_return *found = code->returns;

	while (found < code->returns + code->n_returns && found->verdict != verdict)
		found++;
	if (found == code->returns + SECCOMP_MAX_RETURNS)
		return seccomp_code_add(code, RETURN, verdict);
	if (found == code->returns + code->n_returns)
		code->n_returns++;
	else if (distance(code, found->place) < REACH)
		return found->place;
	*found = (struct seccomp_return){ verdict, seccomp_code_add(code, RETURN, verdict) };
	return found->place;
}

/* Allows unless one of the bits is set in the first argument. */
static size_t check_namespaces(struct seccomp_code *code)
{
	size_t refuse = add_return(code, SECCOMP_RET_ERRNO | EPERM);
	size_t allow = add_return(code, SECCOMP_RET_ALLOW);

	(void)seccomp_code_branch(code, BPF_JSET, CLONE_NEWUSER, refuse, allow);
	return seccomp_code_add(code, LOAD, ARGUMENT(0));
}

/* Allows unless an argument is one of two values; the kernel itself looks at 32 bits of these. */
static size_t check_two_values(struct seccomp_code *code, uint32_t argument,
			       const uint32_t values[2], uint32_t verdict)
{
	size_t refuse = add_return(code, verdict);
	size_t next = add_return(code, SECCOMP_RET_ALLOW);

	next = seccomp_code_branch(code, BPF_JEQ, values[1], refuse, next);
	(void)seccomp_code_branch(code, BPF_JEQ, values[0], refuse, next);
	return seccomp_code_add(code, LOAD, argument);
}

/*
 * Allows what is no device, and character devices that every /dev has (Linux,
 * Documentation/admin-guide/devices.txt): null, zero, full, random, urandom, tty; and 0:0,
 * by which an overlay says that there is nothing.
 */
static size_t check_device(struct seccomp_code *code, unsigned mode_argument)
{
	static const unsigned char devices[][2] = { { 0, 0 }, { 1, 3 }, { 1, 5 }, { 1, 7 },
						    { 1, 8 }, { 1, 9 }, { 5, 0 } };
	size_t refuse = add_return(code, SECCOMP_RET_ERRNO | EPERM);
	size_t allow = add_return(code, SECCOMP_RET_ALLOW);
	size_t next = refuse;

	for (size_t i = 0; i < ARRAY_LENGTH(devices); i++)
		next = seccomp_code_branch(
		    code, BPF_JEQ, (uint32_t)makedev(devices[i][0], devices[i][1]), allow, next);
	next = seccomp_code_add(code, LOAD, ARGUMENT(mode_argument + 1));
	next = seccomp_code_branch(code, BPF_JEQ, S_IFCHR, next, allow);
	(void)seccomp_code_branch(code, BPF_JEQ, S_IFBLK, refuse, next);
	(void)seccomp_code_add(code, BPF_ALU | BPF_AND | BPF_K, S_IFMT);
	return seccomp_code_add(code, LOAD, ARGUMENT(mode_argument));
}

/* mask: which bits of the first argument are the call. */
static size_t check_subcall(struct seccomp_code *code, const struct seccomp_ranges *ranges,
			    uint32_t mask)
{
	seccomp_code_fall(code, seccomp_code_search(code, ranges->items, ranges->n));
	(void)seccomp_code_add(code, BPF_ALU | BPF_AND | BPF_K, mask);
	return seccomp_code_add(code, LOAD, ARGUMENT(0));
}

size_t seccomp_code_action(struct seccomp_code *code, enum seccomp_action action)
{
	static const uint32_t requests[2] = { TIOCSTI, TIOCLINUX };
	static const uint32_t families[2] = { AF_ALG, AF_VSOCK };

	switch (action) {
	case SECCOMP_ALLOW:
		return add_return(code, SECCOMP_RET_ALLOW);
	case SECCOMP_BLOCK:
		return add_return(code, code->block);
	case SECCOMP_NO_SUCH_CALL:
		return add_return(code, SECCOMP_RET_ERRNO | ENOSYS);
	case SECCOMP_NOT_PERMITTED:
		return add_return(code, SECCOMP_RET_ERRNO | EPERM);
	case SECCOMP_CHECK_NAMESPACES:
		return check_namespaces(code);
	case SECCOMP_CHECK_TERMINAL:
		return check_two_values(code, ARGUMENT(1), requests, SECCOMP_RET_ERRNO | EPERM);
	case SECCOMP_CHECK_FAMILY:
		return check_two_values(code, ARGUMENT(0), families,
					SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	case SECCOMP_CHECK_MKNOD:
		return check_device(code, 1);
	case SECCOMP_CHECK_MKNODAT:
		return check_device(code, 2);
	case SECCOMP_CHECK_SOCKETCALL:
		return check_subcall(code, &code->socketcall, UINT32_MAX);
	case SECCOMP_CHECK_IPC:
		/* The upper half is a version of the interface. */
		return check_subcall(code, &code->ipc, 0xffff);
	}
	return 0;
}

size_t seccomp_code_search(struct seccomp_code *code, const struct seccomp_range *ranges, size_t n)
{
	size_t middle = n / 2;
	size_t low, high;

	if (n == 1)
		return seccomp_code_action(code, ranges[0].action);
	high = seccomp_code_search(code, ranges + middle, n - middle);
	low = seccomp_code_search(code, ranges, middle);
	return seccomp_code_branch(code, BPF_JGE, ranges[middle].start, high, low);
}

void seccomp_code_finish(struct seccomp_code *code)
{
	for (size_t i = 0; i < code->n / 2; i++) {
		struct sock_filter first = code->items[i];

		code->items[i] = code->items[code->n - 1 - i];
		code->items[code->n - 1 - i] = first;
	}
}
