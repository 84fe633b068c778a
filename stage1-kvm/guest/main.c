/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1-kvm-guest - the first process of a pod's virtual machine.
 *
 * It comes up knowing nothing (this is what templates are saved of), says HELLO and
 * does what the host sends: time and entropy, files, mounts, sessions.  It decides
 * nothing.  What goes wrong is told with FAILED; without a host there is no machine.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "stage1-kvm/guest/boot.h"
#include "stage1-kvm/guest/cgroups.h"
#include "stage1-kvm/guest/guest.h"

static void tell_console(const struct error *problem)
{
	(void)dprintf(STDERR_FILENO, "stage1-kvm-guest: %s\n", problem->text);
}

static int prepare(struct error *err)
{
	int r = boot_mount_written(err);

	return r < 0 ? r : cgroups_prepare(err);
}

int main(void)
{
	struct error problem = { 0 };
	int port = FD_NONE;
	int r;

	if (getpid() != 1) {
		(void)dprintf(STDERR_FILENO, "stage1-kvm-guest: it is the init of a guest\n");
		return 1;
	}
	/* The port first: there may be no console yet to complain on. */
	r = boot_mount(&problem);
	if (r == 0)
		r = boot_open_port(&port, &problem);
	if (r == 0) {
		r = prepare(&problem);
		if (r < 0)
			guest_refuse(port, &problem);
		else
			r = guest_run(port, &problem);
	}
	if (r < 0)
		tell_console(&problem);
	boot_end();
}
