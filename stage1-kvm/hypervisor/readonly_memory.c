/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the hypervisor: descriptors that it opens again stay read-only.
 *
 * QEMU before 8.2 opens the file of a guest's memory for writing even where it maps
 * it privately, and punches holes into it for memory that the guest gives back: both
 * would reach the template, and with it every other guest.  Here, whatever is opened
 * through /proc/self/fd is opened read-only, and holes are left to the private mapping.
 *
 * What was never written when the guest was saved is a hole in that file.  A guest that
 * writes there would have the kernel make a page of the file first, and copy it: where a
 * file is mapped privately for writing, its larger holes become plain memory.
 *
 * A shared object without a C library, embedded into stage1-kvm (preload.c).  If it is
 * not loaded, opening fails for lack of permission, and the guest is booted cold.
 */
#include <stdarg.h>

#define SYS_LSEEK       8
#define SYS_MMAP        9
#define SYS_OPENAT      257
#define SYS_FALLOCATE   285
#define NOT_FOR_WRITING 9 /* EBADF */
#define AT_CWD          (-100)
#define ACCESS_MODE     3
#define CREATE_FLAGS    (0100 | 020000000)
#define OPEN_PLACE      "/proc/self/fd/"

#define WRITABLE        2
#define PRIVATE         0x02
#define FIXED           0x10
#define ANONYMOUS       0x20
#define NO_RESERVE      0x4000
#define SEEK_DATA       3
#define NO_DATA         (-6) /* ENXIO */
#define PAGE            4096L

/* Each hole that is filled splits the mapping: small ones are left as they are.  Also the steps in
 * which holes are looked for. */
#define HOLE_MIN        (1L << 20)

int open64(const char *path, int flags, ...);
int __open64_2(const char *path, int flags);
int fallocate64(int fd, int mode, long offset, long length);
extern int *__errno_location(void);

void *mmap64(void *at, unsigned long length, int protection, int flags, int fd, long offset);

static long call(long number, long a, long b, long c, const long rest[3])
{
	register long arg4 __asm__("r10") = rest[0];
	register long arg5 __asm__("r8") = rest[1];
	register long arg6 __asm__("r9") = rest[2];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(arg4), "r"(arg5), "r"(arg6)
			 : "rcx", "r11", "memory");
	return result;
}

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
	const long rest[3] = { (long)mode, 0, 0 };
	long result;

	if (is_descriptor(path))
		flags &= ~ACCESS_MODE;
	result = call(SYS_OPENAT, (long)AT_CWD, (long)path, (long)flags, rest);
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

/* Of a private mapping, whose file is not open for writing, madvise() gives the pages back; it
 * follows.  The disk that apps write to is another matter. */
int fallocate64(int fd, int mode, long offset, long length)
{
	const long rest[3] = { length, 0, 0 };
	long result = call(SYS_FALLOCATE, fd, mode, offset, rest);

	if (result >= 0 || result == -NOT_FOR_WRITING)
		return 0;
	*__errno_location() = (int)-result;
	return -1;
}

static long seek(int fd, long offset, int whence)
{
	static const long none[3] = { 0, 0, 0 };

	return call(SYS_LSEEK, fd, offset, whence, none);
}

static long map(char *at, long length, long protection, const long rest[3])
{
	return call(SYS_MMAP, (long)at, length, protection, rest);
}

/*
 * Of the file's first bytes, mapped at place.  What cannot be done is left to the file.
 *
 * A hole is told by where the next data is, which takes no time; the end of data would be, page by
 * page.  So each step is asked for, and what of a hole lies before its first step is left.
 */
static void fill_holes(char *place, long length, long protection, int fd)
{
	static const long plain[3] = { PRIVATE | FIXED | ANONYMOUS | NO_RESERVE, -1, 0 };
	long at = 0;

	while (at < length) {
		long data = seek(fd, at, SEEK_DATA);

		if (data == NO_DATA || data > length)
			data = length;
		if (data < 0)
			return;
		data &= ~(PAGE - 1);
		if (data - at >= HOLE_MIN && map(place + at, data - at, protection, plain) < 0)
			return;
		at = data / HOLE_MIN * HOLE_MIN + HOLE_MIN;
	}
}

/* NOLINTNEXTLINE(readability-function-size): so has mmap(2). */
void *mmap64(void *at, unsigned long length, int protection, int flags, int fd, long offset)
{
	const long rest[3] = { flags, fd, offset };
	long result = map(at, (long)length, protection, rest);

	if (result < 0 && result > -4096) {
		*__errno_location() = (int)-result;
		return (void *)-1;
	}
	if ((flags & (PRIVATE | ANONYMOUS)) == PRIVATE && (protection & WRITABLE) != 0 &&
	    offset == 0 && length >= HOLE_MIN)
		fill_holes((char *)result, (long)length, protection, fd);
	return (void *)result;
}
