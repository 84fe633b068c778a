/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict_table.h - a filter against a table of calls, in a simulator.
 */
#pragma once

#include <linux/audit.h>
#include <seccomp.h>

#include "common/base/cleanup.h"
#include "common/privilege/seccomp.h"
#include "tests/unit/privilege/bpf_simulator.h"
#include "tests/unit/test.h"

#define ALLOWED  SECCOMP_RET_ALLOW
#define KILLED   SECCOMP_RET_KILL_PROCESS
#define FAILS(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))

#ifndef __x86_64__
#error "the tables are those of x86_64"
#endif

struct call {
	uint32_t arch;
	int number;
	uint64_t first, second;
	uint32_t want;
	uint64_t third, fourth;
};

static inline struct seccomp_program compile(const struct seccomp_list *list)
{
	struct seccomp_program program = { 0 };
	struct error err = { 0 };

	check_ok(seccomp_compile(list, &program, &err), &err);
	return program;
}

static inline uint32_t run(const struct seccomp_program *program, const struct call *call)
{
	const struct seccomp_data data = { .arch = call->arch,
					   .nr = call->number,
					   .args = { call->first, call->second, call->third,
						     call->fourth } };

	return bpf_run(program->instructions, program->n, &data, NULL);
}

static inline void check_calls(const struct seccomp_program *program, const struct call *calls,
			       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t got = run(program, &calls[i]);

		ck_assert_msg(got == calls[i].want, "call %zu (%d, %#lx): %#x, not %#x", i,
			      calls[i].number, (unsigned long)calls[i].first, got, calls[i].want);
	}
}

#define NATIVE AUDIT_ARCH_X86_64
#define I386   AUDIT_ARCH_I386
