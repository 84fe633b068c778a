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

void seccomp_code_jump(struct seccomp_code *code, uint16_t operation, uint32_t value,
		       uint8_t when_true, uint8_t when_false)
{
	if (make_room(code))
		code->items[code->n++] = (struct sock_filter){
			.code = operation, .jt = when_true, .jf = when_false, .k = value
		};
}

void seccomp_code_add(struct seccomp_code *code, uint16_t operation, uint32_t value)
{
	seccomp_code_jump(code, operation, value, 0, 0);
}

static void add_return(struct seccomp_code *code, uint32_t verdict)
{
	seccomp_code_add(code, RETURN, verdict);
}

/* Allows unless one of the bits is set in the first argument. */
static void check_namespaces(struct seccomp_code *code)
{
	seccomp_code_add(code, LOAD, ARGUMENT(0));
	seccomp_code_jump(code, BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1);
	add_return(code, SECCOMP_RET_ERRNO | EPERM);
	add_return(code, SECCOMP_RET_ALLOW);
}

/* Allows unless an argument is one of two values; the kernel itself looks at 32 bits of these. */
static void check_two_values(struct seccomp_code *code, uint32_t argument, const uint32_t values[2],
			     uint32_t verdict)
{
	seccomp_code_add(code, LOAD, argument);
	seccomp_code_jump(code, BPF_JMP | BPF_JEQ | BPF_K, values[0], 1, 0);
	seccomp_code_jump(code, BPF_JMP | BPF_JEQ | BPF_K, values[1], 0, 1);
	add_return(code, verdict);
	add_return(code, SECCOMP_RET_ALLOW);
}

/*
 * Allows what is no device, and character devices that every /dev has (Linux,
 * Documentation/admin-guide/devices.txt): null, zero, full, random, urandom, tty; and 0:0,
 * by which an overlay says that there is nothing.
 */
static void check_device(struct seccomp_code *code, unsigned mode_argument)
{
	static const unsigned char devices[][2] = { { 0, 0 }, { 1, 3 }, { 1, 5 }, { 1, 7 },
						    { 1, 8 }, { 1, 9 }, { 5, 0 } };
	const uint8_t n = ARRAY_LENGTH(devices);

	seccomp_code_add(code, LOAD, ARGUMENT(mode_argument));
	seccomp_code_add(code, BPF_ALU | BPF_AND | BPF_K, S_IFMT);
	seccomp_code_jump(code, BPF_JMP | BPF_JEQ | BPF_K, S_IFBLK, (uint8_t)(n + 2), 0);
	seccomp_code_jump(code, BPF_JMP | BPF_JEQ | BPF_K, S_IFCHR, 0, (uint8_t)(n + 2));
	seccomp_code_add(code, LOAD, ARGUMENT(mode_argument + 1));
	for (uint8_t i = 0; i < n; i++)
		seccomp_code_jump(code, BPF_JMP | BPF_JEQ | BPF_K,
				  (uint32_t)makedev(devices[i][0], devices[i][1]), (uint8_t)(n - i),
				  0);
	add_return(code, SECCOMP_RET_ERRNO | EPERM);
	add_return(code, SECCOMP_RET_ALLOW);
}

static void check_subcall(struct seccomp_code *code, const struct seccomp_ranges *ranges)
{
	seccomp_code_search(code, ranges->items, ranges->n);
}

void seccomp_code_action(struct seccomp_code *code, enum seccomp_action action)
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
		seccomp_code_add(code, LOAD, ARGUMENT(0));
		return check_subcall(code, &code->socketcall);
	case SECCOMP_CHECK_IPC:
		/* The upper half is a version of the interface. */
		seccomp_code_add(code, LOAD, ARGUMENT(0));
		seccomp_code_add(code, BPF_ALU | BPF_AND | BPF_K, 0xffff);
		return check_subcall(code, &code->ipc);
	}
}

/* Sends the jump at position, which is taken when true, to the end of the code. */
static void land(struct seccomp_code *code, size_t position)
{
	size_t distance = code->n - position - 1;

	if (code->status < 0)
		return;
	if (distance <= UINT8_MAX) {
		code->items[position].jt = (uint8_t)distance;
		return;
	}
	/* Too far for a conditional jump: it goes over a plain one that is put behind it. */
	if (!make_room(code))
		return;
	memmove(&code->items[position + 2], &code->items[position + 1],
		distance * sizeof(code->items[0]));
	code->items[position].jf = 1;
	code->items[position + 1] =
	    (struct sock_filter){ .code = BPF_JMP | BPF_JA, .k = (uint32_t)distance };
	code->n++;
}

void seccomp_code_search(struct seccomp_code *code, const struct seccomp_range *ranges, size_t n)
{
	size_t middle = n / 2;
	size_t position = code->n;

	if (n == 1) {
		seccomp_code_action(code, ranges[0].action);
		return;
	}
	seccomp_code_jump(code, BPF_JMP | BPF_JGE | BPF_K, ranges[middle].start, 0, 0);
	seccomp_code_search(code, ranges, middle);
	land(code, position);
	seccomp_code_search(code, ranges + middle, n - middle);
}
