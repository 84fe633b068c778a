/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_simulator.h - runs a seccomp filter on a call, without the kernel.
 *
 * The instructions that filters use (seccomp(2) takes no others but a few more
 * of arithmetic); anything else, or a jump out of the program, fails the test.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/test.h"

static inline uint32_t bpf_load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t value;

	ck_assert_msg(offset % 4 == 0 && offset + 4 <= sizeof(*data), "a load at %u", offset);
	memcpy(&value, (const char *)data + offset, sizeof(value));
	return value;
}

/* The distance that a conditional jump goes. */
static inline size_t bpf_jump(const struct sock_filter *at, uint32_t accumulator)
{
	bool is_true;

	switch (at->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		is_true = accumulator == at->k;
		break;
	case BPF_JMP | BPF_JGE | BPF_K:
		is_true = accumulator >= at->k;
		break;
	case BPF_JMP | BPF_JGT | BPF_K:
		is_true = accumulator > at->k;
		break;
	case BPF_JMP | BPF_JSET | BPF_K:
		is_true = (accumulator & at->k) != 0;
		break;
	default:
		ck_abort_msg("instruction %#x", at->code);
	}
	return is_true ? at->jt : at->jf;
}

/* The verdict, SECCOMP_RET_…; *ret_steps (NULL: not wanted) is how many instructions it took. */
static inline uint32_t bpf_run(const struct sock_filter *program, size_t n,
			       const struct seccomp_data *data, size_t *ret_steps)
{
	uint32_t accumulator = 0;
	size_t steps = 0;

	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *at = &program[pc];

		steps++;
		if (at->code == (BPF_RET | BPF_K)) {
			if (ret_steps != NULL)
				*ret_steps = steps;
			return at->k;
		}
		if (at->code == (BPF_LD | BPF_W | BPF_ABS))
			accumulator = bpf_load(data, at->k);
		else if (at->code == (BPF_ALU | BPF_AND | BPF_K))
			accumulator &= at->k;
		else if (at->code == (BPF_JMP | BPF_JA))
			pc += at->k;
		else
			pc += bpf_jump(at, accumulator);
	}
	ck_abort_msg("the program ends without a verdict");
}
