/* SPDX-License-Identifier: Apache-2.0 */
/*
 * __libc_start_main() of our static programs, which does what that of glibc 2.36 does but for one
 * thing: it does not ask the processor about itself.
 *
 * A static program of glibc asks 30 to 70 questions (cpuid) before main(): features, sizes of
 * caches.  In a virtual machine each of them leaves the machine, 2.5 to 6.5 us at a time, so that
 * what a start of a pod pays for its two programs of ours is a tenth of it.  Nothing here needs the
 * answers: without them, glibc's string functions are those that every x86-64 has.
 *
 * All that is called is glibc's own and hidden in it; build/cmake/Rooms.cmake links this file only
 * where that is of the version that it was written for, and into static-PIE programs.  Whatever
 * else a program needs at its start stays there: auxiliary vector, tunables, relocations,
 * thread-local memory, RELRO.
 *
 * What a program loses: dlopen(), a thread that leaves main() by pthread_exit(), and faster copies
 * of large memory.  None of ours has the first two (tests/lint), and none copies much.
 *
 * Processes: runs before main(), up to setup_guards() without thread-local memory and relocations.
 * So it is compiled without a stack protector and as freestanding: nothing here may become a call
 * of memset().
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define HIDDEN                                                                                     \
	__attribute__((visibility("hidden"))) /* else there would be relocations to reach it */

typedef int main_function(int argc, char **argv, char **environment);
typedef void constructor(int argc, char **argv, char **environment);
typedef void destructor(void);

/* Of glibc, in the order of a start. */
extern HIDDEN char **__environ;
extern HIDDEN void *__libc_stack_end;
HIDDEN void _dl_aux_init(Elf64_auxv_t *auxiliary);
HIDDEN void _dl_relocate_static_pie(void);
HIDDEN void __libc_setup_tls(void);
extern HIDDEN const uintptr_t *_dl_random; /* 16 bytes of the kernel's */
HIDDEN int __cxa_atexit(void (*function)(void *), void *argument, void *object);
HIDDEN void __libc_early_init(_Bool initial);
HIDDEN void __libc_init_first(int argc, char **argv, char **environment);
extern HIDDEN int __libc_enable_secure;
HIDDEN void __libc_check_standard_fds(void);
HIDDEN void *_dl_debug_initialize(Elf64_Addr base, long name_space);

/* Of the linker and of the compiler. */
extern HIDDEN constructor *const __preinit_array_start[], *const __preinit_array_end[];
extern HIDDEN constructor *const __init_array_start[], *const __init_array_end[];
extern HIDDEN destructor *const __fini_array_start[], *const __fini_array_end[];
HIDDEN void _init(void);
HIDDEN void _fini(void);

/* For glibc: how it copies, where nothing is known about caches.  All in bytes; its own defaults,
 * where it has any. */
HIDDEN long __x86_data_cache_size = 32 * 1024L;
HIDDEN long __x86_data_cache_size_half = 32 * 1024L / 2;
HIDDEN long __x86_shared_cache_size = 1024 * 1024L;
HIDDEN long __x86_shared_cache_size_half = 1024 * 1024L / 2;
HIDDEN long __x86_shared_non_temporal_threshold = 1024 * 1024L * 3 / 4;
HIDDEN long __x86_rep_movsb_threshold = 2048;
HIDDEN long __x86_rep_stosb_threshold = 2048;
HIDDEN long __x86_rep_movsb_stop_threshold = 1024 * 1024L * 3 / 4;
HIDDEN int __x86_string_control;

/* NOLINTNEXTLINE(readability-function-size): the compiler's start file calls it. */
_Noreturn int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
				void (*fini)(void), void (*loader_fini)(void), void *stack_end);

/* The stack protector's value and the one that hides pointers in jump buffers. */
static void setup_guards(void)
{
	uintptr_t canary =
	    _dl_random[0] & ~(uintptr_t)0xff; /* a string cannot go past its first byte */
	uintptr_t pointer_guard = _dl_random[1];

	__asm__ volatile("mov %0, %%fs:0x28" : : "r"(canary));
	__asm__ volatile("mov %0, %%fs:0x30" : : "r"(pointer_guard));
}

static void call_destructors(void *unused)
{
	ptrdiff_t n = __fini_array_end - __fini_array_start;

	(void)unused;
	while (n-- > 0)
		__fini_array_start[n]();
	_fini();
}

static void call_constructors(int argc, char **argv)
{
	for (constructor *const *each = __preinit_array_start; each < __preinit_array_end; each++)
		(*each)(argc, argv, __environ);
	_init();
	for (constructor *const *each = __init_array_start; each < __init_array_end; each++)
		(*each)(argc, argv, __environ);
}

/* NOLINTNEXTLINE(readability-function-size): the compiler's start file calls it. */
_Noreturn int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
				void (*fini)(void), void (*loader_fini)(void), void *stack_end)
{
	char **end;

	(void)init; /* both are of programs older than glibc 2.34 */
	(void)fini;
	__environ = &argv[argc + 1];
	__libc_stack_end = stack_end;
	for (end = __environ; *end; end++)
		;
	_dl_aux_init((Elf64_auxv_t *)(void *)(end + 1));
	_dl_relocate_static_pie(); /* glibc's choices of functions, too */
	__libc_setup_tls();
	setup_guards();
	if (loader_fini)
		(void)__cxa_atexit((void (*)(void *))(void *)loader_fini, NULL, NULL);
	__libc_early_init(1);
	__libc_init_first(argc, argv, __environ);
	(void)__cxa_atexit(call_destructors, NULL, NULL);
	if (__libc_enable_secure)
		__libc_check_standard_fds();
	call_constructors(argc, argv);
	(void)_dl_debug_initialize(0, 0);
	exit(main(argc, argv, __environ));
}
