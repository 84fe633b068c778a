/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the hypervisor: descriptors that it opens again stay read-only.
 *
 * QEMU before 8.2 opens the file of a guest's memory for writing even where it maps
 * it privately, and punches holes into it for memory that the guest gives back: both
 * would reach the template, and with it every other guest.  Here, whatever is opened
 * through /proc/self/fd is opened read-only, and holes are left to the private mapping.
 *
 * A shared object without a C library, embedded into stage1-kvm (preload.c).  If it is
 * not loaded, opening fails for lack of permission, and the guest is booted cold.
 */
#include <stdarg.h>

#define SYS_OPENAT   257
#define AT_CWD       (-100)
#define ACCESS_MODE  3
#define CREATE_FLAGS (0100 | 020000000)
#define OPEN_PLACE   "/proc/self/fd/"

int open64(const char *path, int flags, ...);
int __open64_2(const char *path, int flags);
int fallocate64(int fd, int mode, long offset, long length);
extern int *__errno_location(void);

static int is_descriptor(const char *path)
{
	static const char place[] = OPEN_PLACE;

	for (unsigned i = 0; i < sizeof(place) - 1; i++) {
		if (path[i] != place[i])
			return 0;
	}
	return 1;
}

static int open_by_kernel(const char *path, int flags, unsigned mode)
{
	register long arg4 __asm__("r10") = (long)mode;
	long result;

	if (is_descriptor(path))
		flags &= ~ACCESS_MODE;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_OPENAT), "D"((long)AT_CWD), "S"(path), "d"((long)flags),
			   "r"(arg4)
			 : "rcx", "r11", "memory");
	if (result >= 0)
		return (int)result;
	*__errno_location() = (int)-result;
	return -1;
}

int open64(const char *path, int flags, ...)
{
	unsigned mode = 0;
	va_list arguments;

	if ((flags & CREATE_FLAGS) != 0) {
		va_start(arguments, flags);
		mode = va_arg(arguments, unsigned);
		va_end(arguments);
	}
	return open_by_kernel(path, flags, mode);
}

/* What a fortified open() without a constant flag is compiled to. */
int __open64_2(const char *path, int flags)
{
	return open_by_kernel(path, flags, 0);
}

/* Of a private mapping, madvise() gives the pages back; it follows. */
int fallocate64(int fd, int mode, long offset, long length)
{
	(void)fd;
	(void)mode;
	(void)offset;
	(void)length;
	return 0;
}
