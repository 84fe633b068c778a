/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/kernel_floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "common/base/cleanup.h"
#include "common/kernel/path_in_root.h"
#include "tests/unit/test.h"

/* From here on the kernel is one that has never heard of a call. */
static void forget_call(unsigned number)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = ARRAY_LENGTH(program), .filter = program };

	check_int(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	check_int(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

TEST(a_kernel_without_openat2_is_refused_with_the_release_it_needs)
{
	struct error err = { 0 };
	int fd = 12345;

	forget_call(SYS_openat2);
	check_int(path_open(AT_FDCWD, "/", O_PATH, &fd, &err), -ENOSYS);
	check_text(err.text, "opening /: the kernel has no openat2, Linux 5.6 or later is needed");
	check_int(fd, 12345);
}

TEST(making_a_path_says_the_same)
{
	struct error err = { 0 };
	int fd = 12345;

	forget_call(SYS_openat2);
	check_int(
	    path_make_directory(AT_FDCWD, "a", &(struct path_owner){ .mode = 0755 }, &fd, &err),
	    -ENOSYS);
	check_contains(err.text, "Linux 5.6");
}

TEST(other_errors_are_told_as_they_are)
{
	struct error err = { 0 };

	errno = EPERM;
	check_int(kernel_floor_error(&err, "fsopen", "mounting %s", "proc"), -EPERM);
	check_text(err.text, "mounting proc: Operation not permitted");
}

TEST(a_call_without_a_release_needs_the_floor)
{
	check_text(kernel_floor_release("mount_setattr"), "5.12");
	check_text(kernel_floor_release("no such call"), KERNEL_FLOOR);
}
