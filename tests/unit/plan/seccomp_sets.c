/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/seccomp_sets.h"

#include <seccomp.h>
#include <string.h>

#include "tests/unit/test.h"

TEST(every_set_is_sorted_and_holds_no_call_twice)
{
	for (size_t i = 0; seccomp_set_at(i) != NULL; i++) {
		auto_arena struct arena arena = { 0 };
		const char *const *calls;
		size_t n;

		check_int(seccomp_set_calls(seccomp_set_at(i), &arena, &calls, &n), 0);
		check_true(n > 0);
		check_true(calls[n] == NULL);
		for (size_t j = 1; j < n; j++)
			ck_assert_msg(strcmp(calls[j - 1], calls[j]) < 0, "%s: %s before %s",
				      seccomp_set_at(i)->name, calls[j - 1], calls[j]);
	}
}

TEST(libseccomp_knows_every_call_by_its_name)
{
	for (size_t i = 0; seccomp_set_at(i) != NULL; i++) {
		auto_arena struct arena arena = { 0 };
		const char *const *calls;
		size_t n;

		check_int(seccomp_set_calls(seccomp_set_at(i), &arena, &calls, &n), 0);
		for (size_t j = 0; j < n; j++)
			ck_assert_msg(seccomp_syscall_resolve_name(calls[j]) != __NR_SCMP_ERROR,
				      "%s: libseccomp knows no %s", seccomp_set_at(i)->name,
				      calls[j]);
	}
}

static bool set_has(const char *set, const char *call)
{
	auto_arena struct arena arena = { 0 };
	const char *const *calls;
	bool found = false;
	size_t n;

	check_true(seccomp_set_find(set) != NULL);
	check_int(seccomp_set_calls(seccomp_set_find(set), &arena, &calls, &n), 0);
	for (size_t i = 0; i < n; i++)
		found = found || strcmp(calls[i], call) == 0;
	return found;
}

TEST(the_default_has_what_programs_need_today_and_nothing_that_reaches_out)
{
	static const char *const needed[] = {
		"clone",        "close_range", "copy_file_range", "execve",
		"faccessat2",   "futex_waitv", "getrandom",       "landlock_restrict_self",
		"memfd_create", "openat2",     "pidfd_open",      "rseq",
		"statx"
	};
	static const char *const dangerous[] = {
		"add_key",         "bpf",        "clone3",      "fsopen",      "init_module",
		"io_uring_setup",  "kexec_load", "keyctl",      "mount",       "open_by_handle_at",
		"perf_event_open", "pivot_root", "ptrace",      "request_key", "setns",
		"umount2",         "unshare",    "userfaultfd",
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		ck_assert_msg(set_has("@rkt/default-whitelist", needed[i]), "no %s", needed[i]);
	for (size_t i = 0; i < sizeof(dangerous) / sizeof(dangerous[0]); i++) {
		ck_assert_msg(!set_has("@rkt/default-whitelist", dangerous[i]), "%s", dangerous[i]);
		if (strcmp(dangerous[i], "clone3") != 0)
			ck_assert_msg(set_has("@rkt/default-blacklist", dangerous[i]), "no %s",
				      dangerous[i]);
	}
}

TEST(what_is_no_set_is_not_found)
{
	check_true(seccomp_set_find("@rkt/nonsense") == NULL);
	check_true(seccomp_set_find("read") == NULL);
	check_true(seccomp_set_find("") == NULL);
}
