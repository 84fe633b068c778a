/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/preload.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"

__asm__(".section .rodata\n"
	"preload_start: .incbin \"" PRELOAD_OBJECT "\"\n"
	"preload_end: .byte 0\n"
	".previous\n");

extern const char preload_start[] __attribute__((__visibility__("hidden")));
extern const char preload_end[] __attribute__((__visibility__("hidden")));

int preload_open(int *ret_fd, struct error *err)
{
	auto_close int fd = memfd_create("readonly-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return error_from_errno(err, "making a file in memory");
	r = file_write_fd(fd, preload_start, (size_t)(preload_end - preload_start));
	if (r < 0)
		return error_set(err, -r, "writing a file in memory: %s", strerror(-r));
	if (fchmod(fd, 0555) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return error_from_errno(err, "sealing a file in memory");
	*ret_fd = take_fd(&fd);
	return 0;
}
