/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/program_interpreter.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char place[] = "/tmp/rkt-interpreter-XXXXXX";

static void remove_place(void)
{
	(void)unlink(place);
}

static void write_program(const void *data, size_t size)
{
	static bool made;
	int fd = made ? open(place, O_WRONLY | O_TRUNC | O_CLOEXEC) : mkstemp(place);

	if (!made)
		(void)atexit(remove_place);
	made = true;
	check_int(write(fd, data, size), (intmax_t)size);
	(void)close(fd);
}

static int of_text(const char *text, char interpreter[PATH_MAX])
{
	write_program(text, strlen(text));
	return program_interpreter(place, interpreter);
}

/* An ELF file of one segment; what the segment says is the test's. */
struct elf64 {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char text[32];
};

static struct elf64 elf64_of(const char *interpreter)
{
	struct elf64 elf = { .header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64 },
					 .e_phoff = offsetof(struct elf64, segment),
					 .e_phentsize = sizeof(Elf64_Phdr),
					 .e_phnum = 1 },
			     .segment = { .p_type = PT_INTERP,
					  .p_offset = offsetof(struct elf64, text),
					  .p_filesz = strlen(interpreter) + 1 } };

	(void)snprintf(elf.text, sizeof(elf.text), "%s", interpreter);
	return elf;
}

static int of_elf(const struct elf64 *elf, char interpreter[PATH_MAX])
{
	write_program(elf, sizeof(*elf));
	return program_interpreter(place, interpreter);
}

TEST(a_script_names_its_interpreter)
{
	char interpreter[PATH_MAX];

	check_int(of_text("#!/bin/sh\n", interpreter), 1);
	check_text(interpreter, "/bin/sh");
	check_int(of_text("#! \t/usr/bin/env python3\nprint()\n", interpreter), 1);
	check_text(interpreter, "/usr/bin/env");
	check_int(of_text("#!\n", interpreter), 0);
	check_int(of_text("#!   \n/bin/sh", interpreter), 0);
}

TEST(a_program_names_its_loader)
{
	struct elf64 elf = elf64_of("/lib64/ld-linux-x86-64.so.2");
	char interpreter[PATH_MAX];

	check_int(of_elf(&elf, interpreter), 1);
	check_text(interpreter, "/lib64/ld-linux-x86-64.so.2");
	check_int(program_interpreter("/proc/self/exe", interpreter), 1);
	check_contains(interpreter, "/ld-linux");
}

TEST(a_32_bit_program_names_its_loader)
{
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segments[2];
		char text[20];
	} elf = { .header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32 },
			      .e_phoff = sizeof(Elf32_Ehdr),
			      .e_phentsize = sizeof(Elf32_Phdr),
			      .e_phnum = 2 },
		  .segments = { { .p_type = PT_LOAD },
				{ .p_type = PT_INTERP,
				  .p_offset = sizeof(Elf32_Ehdr) + 2 * sizeof(Elf32_Phdr),
				  .p_filesz = sizeof("/lib/ld-linux.so.2") } },
		  .text = "/lib/ld-linux.so.2" };
	char interpreter[PATH_MAX];

	write_program(&elf, sizeof(elf));
	check_int(program_interpreter(place, interpreter), 1);
	check_text(interpreter, "/lib/ld-linux.so.2");
}

TEST(what_is_broken_names_none)
{
	struct elf64 good = elf64_of("/lib/ld.so"), bad;
	char interpreter[PATH_MAX];

	bad = good;
	bad.segment.p_filesz = 0;
	check_int(of_elf(&bad, interpreter), 0);
	bad = good;
	bad.segment.p_filesz = UINT64_MAX;
	check_int(of_elf(&bad, interpreter), 0);
	bad = good;
	bad.segment.p_filesz--; /* no NUL at its end */
	check_int(of_elf(&bad, interpreter), 0);
	bad = good;
	bad.segment.p_offset = UINT64_MAX;
	check_int(of_elf(&bad, interpreter), 0);
	bad = good;
	bad.header.e_phnum = UINT16_MAX;
	check_int(of_elf(&bad, interpreter), 0);
	bad = good;
	bad.header.e_phoff = INT64_MAX;
	check_int(of_elf(&bad, interpreter), 0);
	bad = good;
	bad.header.e_phentsize = 1;
	check_int(of_elf(&bad, interpreter), 0);
	check_int(of_text("", interpreter), 0);
	check_int(of_text("\x7f"
			  "ELF\2",
			  interpreter),
		  0);
	check_int(program_interpreter("/", interpreter), 0);
	check_int(program_interpreter("/no/such/file", interpreter), 0);
}
