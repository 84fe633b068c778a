/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/program_interpreter.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/base/cleanup.h"

/* As much of a "#!" line as Linux looks at (BINPRM_BUF_SIZE). */
#define HEAD_SIZE    256

/* Programs have a dozen segments; what says it has more is not looked at. */
#define MAX_SEGMENTS 64

static bool read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	return offset <= INT64_MAX && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

/* "#!  /bin/sh -e\n" → /bin/sh */
static int of_script(const char *head, size_t length, char interpreter[PATH_MAX])
{
	size_t start = 2 + strspn(head + 2, " \t");
	size_t n = strcspn(head + start, " \t\n");

	if (n == 0 || start + n >= length)
		return 0;
	memcpy(interpreter, head + start, n);
	interpreter[n] = '\0';
	return 1;
}

static int read_interpreter(int fd, uint64_t offset, uint64_t size, char interpreter[PATH_MAX])
{
	if (size < 2 || size > PATH_MAX || !read_at(fd, interpreter, size, offset))
		return 0;
	return interpreter[size - 1] == '\0' && interpreter[0] != '\0';
}

static int of_elf64(int fd, const char *head, char interpreter[PATH_MAX])
{
	Elf64_Ehdr header;
	Elf64_Phdr segments[MAX_SEGMENTS];
	size_t n;

	memcpy(&header, head, sizeof(header));
	n = header.e_phnum;
	if (n > MAX_SEGMENTS || header.e_phentsize != sizeof(segments[0]) ||
	    !read_at(fd, segments, n * sizeof(segments[0]), header.e_phoff))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (segments[i].p_type == PT_INTERP)
			return read_interpreter(fd, segments[i].p_offset, segments[i].p_filesz,
						interpreter);
	return 0;
}

static int of_elf32(int fd, const char *head, char interpreter[PATH_MAX])
{
	Elf32_Ehdr header;
	Elf32_Phdr segments[MAX_SEGMENTS];
	size_t n;

	memcpy(&header, head, sizeof(header));
	n = header.e_phnum;
	if (n > MAX_SEGMENTS || header.e_phentsize != sizeof(segments[0]) ||
	    !read_at(fd, segments, n * sizeof(segments[0]), header.e_phoff))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (segments[i].p_type == PT_INTERP)
			return read_interpreter(fd, segments[i].p_offset, segments[i].p_filesz,
						interpreter);
	return 0;
}

int program_interpreter(const char *path, char interpreter[PATH_MAX])
{
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char head[HEAD_SIZE + 1] = { 0 };
	ssize_t n = fd < 0 ? -1 : pread(fd, head, HEAD_SIZE, 0);

	if (n < (ssize_t)sizeof(Elf32_Ehdr) && (n < 3 || memcmp(head, "#!", 2) != 0))
		return 0;
	if (memcmp(head, "#!", 2) == 0)
		return of_script(head, sizeof(head), interpreter);
	if (memcmp(head, ELFMAG, SELFMAG) != 0)
		return 0;
	if (head[EI_CLASS] == ELFCLASS64 && n >= (ssize_t)sizeof(Elf64_Ehdr))
		return of_elf64(fd, head, interpreter);
	return head[EI_CLASS] == ELFCLASS32 ? of_elf32(fd, head, interpreter) : 0;
}
