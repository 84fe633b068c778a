/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/privilege/seccomp_parts.h"

#define MAX_ERRNO   4095
#define MAX_NAMES   4096
#define MAX_SUBCALL 31

/* Without these a program neither starts, nor ends, nor returns from a signal. */
static const char *const always_allowed[] = { "execve",       "exit",      "exit_group",
					      "rt_sigreturn", "sigreturn", "restart_syscall" };

static const struct {
	const char *name;
	enum seccomp_action action;
	unsigned guard;
} guarded_calls[] = {
	{ "clone", SECCOMP_CHECK_NAMESPACES, SECCOMP_GUARD_USER_NAMESPACES },
	{ "unshare", SECCOMP_CHECK_NAMESPACES, SECCOMP_GUARD_USER_NAMESPACES },
	{ "clone3", SECCOMP_NO_SUCH_CALL, SECCOMP_GUARD_USER_NAMESPACES },
	{ "ioctl", SECCOMP_CHECK_TERMINAL, SECCOMP_GUARD_TERMINAL },
	{ "socket", SECCOMP_CHECK_FAMILY, SECCOMP_GUARD_SOCKETS },
	{ "mknod", SECCOMP_CHECK_MKNOD, SECCOMP_GUARD_DEVICES },
	{ "mknodat", SECCOMP_CHECK_MKNODAT, SECCOMP_GUARD_DEVICES },
};

#define MAX_SPECIAL (ARRAY_LENGTH(guarded_calls) + 3)

struct special {
	uint32_t number;
	enum seccomp_action action;
	bool blocks; /* counts although the list blocks the call: its answer is another one */
};

/* One ABI's part of the filter while it is made. */
struct part {
	const struct seccomp_abi *abi;
	const struct seccomp_list *list;
	struct seccomp_numbers numbers; /* the list's */
	struct special special[MAX_SPECIAL];
	size_t n_special;
	struct seccomp_range items[SECCOMP_MAX_NUMBER + 1];
	struct seccomp_ranges ranges; /* of items: what it all comes to */
};

static int number_of(const struct part *part, const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(part->abi->scmp_arch, name);

	/* x86 gives socket() a number of its own as well. */
	return number < 0 && part->abi->multiplexed && strcmp(name, "socket") == 0 ? 359 : number;
}

static void add_special(struct part *part, const char *name, enum seccomp_action action,
			bool blocks)
{
	int number = number_of(part, name);

	if (number < 0)
		return;
	part->special[part->n_special++] =
	    (struct special){ .number = (uint32_t)number, .action = action, .blocks = blocks };
}

static void find_specials(struct part *part)
{
	const struct seccomp_list *list = part->list;

	for (size_t i = 0; i < ARRAY_LENGTH(guarded_calls); i++) {
		if (list->guards & guarded_calls[i].guard)
			add_special(part, guarded_calls[i].name, guarded_calls[i].action, false);
	}
	if (list->allow)
		add_special(part, "clone3", SECCOMP_NO_SUCH_CALL, true);
	if (!part->abi->multiplexed)
		return;
	/* They follow what the list says about the calls in them; named, they are as named. */
	if (part->numbers.socketcalls != 0)
		add_special(part, "socketcall", SECCOMP_CHECK_SOCKETCALL, list->allow);
	if (part->numbers.ipcs != 0)
		add_special(part, "ipc", SECCOMP_CHECK_IPC, list->allow);
}

/* Whether the list lets a call pass. */
static bool passes(const struct part *part, uint32_t number)
{
	bool listed = number < SECCOMP_MAX_NUMBER && part->numbers.listed[number];

	return listed == part->list->allow;
}

static enum seccomp_action action_of(const struct part *part, uint32_t number)
{
	if (passes(part, number))
		return SECCOMP_ALLOW;
	if (part->list->allow && number > part->abi->last_known)
		return SECCOMP_NO_SUCH_CALL;
	return SECCOMP_BLOCK;
}

/* The action of a call that has one of its own, else the list's. */
static enum seccomp_action special_action_of(const struct part *part, uint32_t number)
{
	for (size_t i = 0; i < part->n_special; i++) {
		const struct special *special = &part->special[i];

		/* blocks: meant for calls that an allow list does not name. */
		if (special->number == number && special->blocks != passes(part, number))
			return special->action;
	}
	return action_of(part, number);
}

static void add_range(struct seccomp_ranges *ranges, uint32_t start, enum seccomp_action action)
{
	if (ranges->n > 0 && ranges->items[ranges->n - 1].action == action)
		return;
	ranges->items[ranges->n++] = (struct seccomp_range){ .start = start, .action = action };
}

static void divide_numbers(struct part *part)
{
	bool is_special[SECCOMP_MAX_NUMBER + 1] = { false };

	for (size_t i = 0; i < part->n_special; i++)
		is_special[part->special[i].number] = true;
	part->ranges.items = part->items;
	for (uint32_t number = 0; number <= SECCOMP_MAX_NUMBER; number++)
		add_range(&part->ranges, number,
			  is_special[number] ? special_action_of(part, number)
					     : action_of(part, number));
}

/* What a multiplexer's subcalls come to: bit n is subcall n. */
static void divide_subcalls(uint32_t listed, bool allow, struct seccomp_ranges *ret)
{
	for (uint32_t i = 0; i <= MAX_SUBCALL + 1; i++) {
		bool in_list = i <= MAX_SUBCALL && (listed >> i & 1) != 0;

		add_range(ret, i, in_list == allow ? SECCOMP_ALLOW : SECCOMP_BLOCK);
	}
}

/* Adds what asks whether a call is the ABI's, and decides if so; else it goes on at next. */
static size_t add_part(const struct part *part, size_t next, struct seccomp_code *code)
{
	struct seccomp_range socketcall[MAX_SUBCALL + 2], ipc[MAX_SUBCALL + 2];
	size_t place;

	code->socketcall = (struct seccomp_ranges){ .items = socketcall };
	code->ipc = (struct seccomp_ranges){ .items = ipc };
	divide_subcalls(part->numbers.socketcalls, part->list->allow, &code->socketcall);
	divide_subcalls(part->numbers.ipcs, part->list->allow, &code->ipc);

	place = seccomp_code_search(code, part->ranges.items, part->ranges.n);
	if (part->abi->limit != 0)
		place = seccomp_code_branch(code, BPF_JGE, part->abi->limit,
					    seccomp_code_action(code, SECCOMP_BLOCK), place);
	seccomp_code_fall(code, place);
	place = seccomp_code_add(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	/* The accumulator is the architecture. */
	return seccomp_code_branch(code, BPF_JEQ, part->abi->audit_arch, place, next);
}

static int resolve(struct part *part, struct seccomp_program *program)
{
	const struct seccomp_list *list = part->list;
	size_t n_always = list->allow ? ARRAY_LENGTH(always_allowed) : 0;

	for (size_t i = 0; i < n_always; i++) {
		int r = seccomp_numbers_add(&part->numbers, part->abi, always_allowed[i]);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < list->n_names; i++) {
		/* Whether a name is known is the same for every ABI: counted at the first. */
		if (seccomp_numbers_add(&part->numbers, part->abi, list->names[i]) != -ENOENT ||
		    part->abi != seccomp_abis)
			continue;
		if (program->n_unknown++ == 0)
			(void)snprintf(program->unknown, sizeof(program->unknown), "%s",
				       list->names[i]);
	}
	return 0;
}

static int compile_abi(const struct seccomp_abi *abi, const struct seccomp_list *list, size_t *next,
		       struct seccomp_code *code, struct seccomp_program *program)
{
	auto_free struct part *part = calloc(1, sizeof(*part));
	int r;

	if (part == NULL)
		return -ENOMEM;
	part->abi = abi;
	part->list = list;
	r = resolve(part, program);
	if (r < 0)
		return r;
	find_specials(part);
	divide_numbers(part);
	*next = add_part(part, *next, code);
	return code->status;
}

/* Second names of numbers, which strerrorname_np() does not give. */
static const struct {
	const char *name;
	uint32_t code;
} errno_aliases[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
};

/* "EPERM" → SECCOMP_RET_ERRNO | 1 */
static int block_verdict(const char *errno_name, uint32_t *ret, struct error *err)
{
	if (errno_name == NULL) {
		*ret = SECCOMP_RET_KILL_PROCESS;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(errno_aliases); i++) {
		if (strcmp(errno_aliases[i].name, errno_name) == 0) {
			*ret = SECCOMP_RET_ERRNO | errno_aliases[i].code;
			return 0;
		}
	}
	for (uint32_t code = 1; code <= MAX_ERRNO; code++) {
		const char *name = strerrorname_np((int)code);

		if (name != NULL && strcmp(name, errno_name) == 0) {
			*ret = SECCOMP_RET_ERRNO | code;
			return 0;
		}
	}
	return error_set(err, EINVAL, "compiling a seccomp filter: \"%s\" is no errno", errno_name);
}

static int check_list(const struct seccomp_list *list, struct error *err)
{
	if (list->n_names > MAX_NAMES)
		return error_set(err, E2BIG, "compiling a seccomp filter: %zu names",
				 list->n_names);
	for (size_t i = 0; !list->allow && i < list->n_names; i++) {
		if (strcmp(list->names[i], "execve") == 0)
			return error_set(
			    err, EINVAL,
			    "compiling a seccomp filter: without execve no app starts");
	}
	return 0;
}

int seccomp_compile(const struct seccomp_list *list, struct seccomp_program *ret, struct error *err)
{
	struct seccomp_program program = { .n = 0 };
	struct seccomp_code code = { .n = 0 };
	size_t next;
	int r = check_list(list, err);

	if (r == 0)
		r = block_verdict(list->errno_name, &code.block, err);
	if (r < 0)
		return r;
	next = seccomp_code_action(&code, SECCOMP_BLOCK); /* no ABI that is known */
	for (size_t i = seccomp_n_abis; r == 0 && i > 0; i--)
		r = compile_abi(&seccomp_abis[i - 1], list, &next, &code, &program);
	seccomp_code_fall(&code, next);
	(void)seccomp_code_add(&code, BPF_LD | BPF_W | BPF_ABS,
			       offsetof(struct seccomp_data, arch));
	seccomp_code_finish(&code);
	if (r == 0)
		r = code.status;
	if (r == 0 && code.n > BPF_MAXINSNS)
		r = -E2BIG;
	if (r < 0) {
		free(code.items);
		return error_set(err, -r, "compiling a seccomp filter: %s", strerror(-r));
	}
	program.instructions = code.items;
	program.n = code.n;
	*ret = program;
	return 0;
}

int seccomp_program_load(const struct seccomp_program *program, struct error *err)
{
	const struct sock_fprog filter = {
		.len = (unsigned short)program->n,
		.filter = program->instructions,
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
		return error_from_errno(err, "loading a seccomp filter of %zu instructions",
					program->n);
	return 0;
}

void seccomp_program_release(struct seccomp_program *program)
{
	free(program->instructions);
	program->instructions = NULL;
	program->n = 0;
}
