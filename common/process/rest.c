/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/rest.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_RANGES 8

struct range {
	uintptr_t start;
	size_t length;
};

struct ranges {
	struct range items[MAX_RANGES];
	size_t n;
};

/* Only segments that are not writable: relocated pages of the others would be lost. */
static int note_segments(struct dl_phdr_info *info, size_t size, void *data)
{
	struct ranges *ranges = data;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum && ranges->n < MAX_RANGES; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
		uintptr_t end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0)
			ranges->items[ranges->n++] = (struct range){ start, end - start };
	}
	return 0;
}

/*
 * Nothing but this function's own page is touched: the C library's wrappers lie elsewhere,
 * and each would map its surroundings again.
 */
static long call(long number, long a, long b, long c)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
#else
	return syscall(number, a, b, c);
#endif
}

/*
 * In a section of its own, which linkers put behind all other code: what the kernel maps
 * around it (up to a large folio of the page cache) ends where the code ends.
 */
__attribute__((__section__("rest_text"), __aligned__(512))) void rest_until(struct pollfd *fds,
									    size_t n)
{
	struct ranges ranges = { .n = 0 };

	(void)malloc_trim(0);
	(void)dl_iterate_phdr(note_segments, &ranges);
	for (size_t i = 0; i < ranges.n; i++)
		(void)call(SYS_madvise, (long)ranges.items[i].start, (long)ranges.items[i].length,
			   MADV_DONTNEED);
	(void)call(SYS_poll, (long)(uintptr_t)fds, (long)n, -1);
}
