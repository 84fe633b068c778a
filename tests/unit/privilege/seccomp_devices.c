/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "tests/unit/privilege/verdict_table.h"

TEST(only_devices_that_every_app_has_can_be_made)
{
	static const char *const names[] = { "mknod", "mknodat" };
	const struct seccomp_list list = { .allow = true,
					   .names = names,
					   .n_names = ARRAY_LENGTH(names),
					   .guards = SECCOMP_GUARD_DEVICES };
	auto_seccomp_program struct seccomp_program program = compile(&list);
	const uint64_t high = UINT64_C(1) << 32;
	const struct call calls[] = {
		{ NATIVE, SYS_mknod, 0, S_IFREG | 0644, ALLOWED },
		{ NATIVE, SYS_mknod, 0, S_IFIFO | 0644, ALLOWED, 0xffff },
		{ NATIVE, SYS_mknod, 0, 0644, ALLOWED },
		{ NATIVE, SYS_mknod, 0, S_IFCHR | 0666, ALLOWED, makedev(1, 3) },
		{ NATIVE, SYS_mknod, 0, S_IFCHR | 0666, ALLOWED, makedev(5, 0) },
		{ NATIVE, SYS_mknod, 0, S_IFCHR, ALLOWED, makedev(0, 0) },
		{ NATIVE, SYS_mknod, 0, S_IFCHR | 0666, FAILS(EPERM), makedev(5, 2) },
		{ NATIVE, SYS_mknod, 0, S_IFCHR | 0666, FAILS(EPERM), makedev(10, 237) },
		{ NATIVE, SYS_mknod, 0, S_IFBLK | 0666, FAILS(EPERM), makedev(1, 3) },
		{ NATIVE, SYS_mknod, 0, S_IFBLK | 0666 | high, FAILS(EPERM), 0 },
		{ NATIVE, SYS_mknod, 0, S_IFCHR | 0666 | high, FAILS(EPERM), makedev(1, 1) },
		{ NATIVE, SYS_mknodat, 0, 0, ALLOWED, S_IFSOCK | 0600 },
		{ NATIVE, SYS_mknodat, 0, 0, ALLOWED, S_IFCHR | 0600, makedev(1, 9) },
		{ NATIVE, SYS_mknodat, 0, 0, FAILS(EPERM), S_IFCHR | 0600, makedev(1, 1) },
		{ NATIVE, SYS_mknodat, 0, 0, FAILS(EPERM), S_IFBLK | 0600, makedev(8, 0) },
		{ I386, 14, 0, S_IFBLK | 0600, FAILS(EPERM), makedev(8, 0) },
		{ I386, 297, 0, 0, FAILS(EPERM), S_IFBLK | 0600, makedev(8, 0) },
		{ I386, 297, 0, 0, ALLOWED, S_IFCHR | 0600, makedev(1, 5) },
	};

	check_calls(&program, calls, ARRAY_LENGTH(calls));
}
