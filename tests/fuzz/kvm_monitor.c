/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from a hypervisor's control socket, while a guest is saved (first byte even) or loaded:
 * an end within the limits, and a refusal that says something.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/deadline.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "stage1-kvm/hypervisor/monitor.h"
#include "tests/fuzz/fuzz.h"

/* What a socket takes without a reader. */
#define TALK_MAX ((size_t)64 << 10)

static void check_line(const uint8_t *data, size_t size)
{
	struct monitor_line line = { 0 };
	struct error err = { 0 };
	int r = monitor_parse((const char *)data, size, &line, &err);

	fuzz_check((r < 0) == (err.code != 0));
	fuzz_check(memchr(line.text, '\0', sizeof(line.text)) != NULL);
	fuzz_check(memchr(line.status, '\0', sizeof(line.status)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_close int state = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct error err = { 0 };
	int ends[2];
	int r;

	if (size < 1 || size > TALK_MAX)
		return 0;
	check_line(data + 1, size - 1);
	fuzz_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	fuzz_check(write(ends[1], data + 1, size - 1) == (ssize_t)size - 1);
	fuzz_check(shutdown(ends[1], SHUT_WR) == 0);
	r = (data[0] % 2 == 0 ? hypervisor_qemu.save : hypervisor_qemu.load)(
	    ends[0], state, deadline_after_ms(1000), &err);
	fuzz_check((r < 0) == (err.code != 0));
	fuzz_check(r == 0 || (err.text[0] != '\0' && strchr(err.text, '\n') == NULL));
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}
