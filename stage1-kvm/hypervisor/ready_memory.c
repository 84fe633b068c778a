/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the hypervisor, with readonly_memory.c: memory that it is sure to need is there.
 *
 * A hypervisor that restores a guest allocates some ten MiB until the guest runs, and touches them
 * page by page: half of the page faults of a start.  Here all of it is asked for at once, and in
 * huge pages where the host has them.  No more than will be used, so nothing is lost but the order.
 *
 * Threads share one heap, and what is large comes from it too, else each had a place of its own.
 */
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE                4096UL
#define READY_BYTES         (10 << 20)
#define LARGE_BYTES         (4 << 20)
#define USUAL_TOP_PAD_BYTES (128 << 10)

/* QEMU gives back what is free now whenever its first threads have nothing to do. */
int malloc_trim(size_t pad)
{
	(void)pad;
	return 0;
}

/* What cannot be had now comes when it is used. */
__attribute__((__constructor__)) static void make_ready(void)
{
	unsigned long first;
	char *memory, *end;

	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * READY_BYTES);
	(void)mallopt(M_TOP_PAD, READY_BYTES);
	memory = malloc(PAGE * 64);
	(void)mallopt(M_TOP_PAD, USUAL_TOP_PAD_BYTES);
	end = sbrk(0);
	if (memory == NULL || end <= memory || end - memory > 2L * READY_BYTES) {
		free(memory);
		return;
	}
	first = -(unsigned long)memory % PAGE;
	(void)madvise(memory + first, (size_t)(end - memory) - first, MADV_HUGEPAGE);
	/* Linux 5.14 */
	(void)madvise(memory + first, (size_t)(end - memory) - first, MADV_POPULATE_WRITE);
	free(memory);
}
