/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/qemu_state.h"

#include <stdio.h>

#include "stage1-kvm/hypervisor/monitor.h"
#include "stage1-kvm/hypervisor/preload.h"

#define MIGRATE(command, file)                                                                     \
	"{\"execute\":\"" command "\",\"arguments\":{\"uri\":\"fd:" file "\"}}\n"

#define CAPABILITY(name) "{\"capability\":\"" name "\",\"state\":true}"
#define SET_CAPABILITIES(list)                                                                     \
	"{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[" list "]}}\n"

/* The memory is shared, or mapped privately: it is no part of the state. */
#define WITHOUT_MEMORY CAPABILITY("x-ignore-shared")

int qemu_open_helper(int *ret_fd, struct error *err)
{
	return preload_open(ret_fd, err);
}

int qemu_save(int control, int state, int64_t deadline_ms, struct error *err)
{
	struct monitor monitor = { .fd = control, .deadline_ms = deadline_ms };
	int r = monitor_open(&monitor, err);

	if (r == 0)
		r = monitor_execute(&monitor, "{\"execute\":\"stop\"}\n", err);
	if (r == 0)
		r = monitor_execute(&monitor,
				    SET_CAPABILITIES(WITHOUT_MEMORY "," CAPABILITY("events")), err);
	if (r == 0)
		r = monitor_give_fd(&monitor, state, err);
	if (r == 0)
		r = monitor_execute(&monitor, MIGRATE("migrate", MONITOR_FD), err);
	return r < 0 ? r : monitor_await(&monitor, "MIGRATION", "completed", err);
}

/* QEMU reads a byte at a time, and is not kept waiting for the next command: all go at once. */
int qemu_load(int control, int state, int64_t deadline_ms, struct error *err)
{
	struct monitor monitor = { .fd = control, .deadline_ms = deadline_ms };
	char commands[256];

	(void)snprintf(commands, sizeof(commands),
		       MONITOR_START SET_CAPABILITIES(WITHOUT_MEMORY)
			   MIGRATE("migrate-incoming", "%d"),
		       state);
	return monitor_open_with(&monitor, commands, 3, err);
}
