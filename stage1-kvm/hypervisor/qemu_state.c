/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/qemu_state.h"

#include "stage1-kvm/hypervisor/monitor.h"
#include "stage1-kvm/hypervisor/preload.h"

#define STATE(command)                                                                             \
	"{\"execute\":\"" command "\",\"arguments\":{\"uri\":\"fd:" MONITOR_FD "\"}}\n"

/* The memory is shared, or mapped privately: it is no part of the state. */
#define CAPABILITIES                                                                               \
	"{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["              \
	"{\"capability\":\"x-ignore-shared\",\"state\":true},"                                     \
	"{\"capability\":\"events\",\"state\":true}]}}\n"

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
		r = monitor_execute(&monitor, CAPABILITIES, err);
	if (r == 0)
		r = monitor_give_fd(&monitor, state, err);
	if (r == 0)
		r = monitor_execute(&monitor, STATE("migrate"), err);
	return r < 0 ? r : monitor_await(&monitor, "MIGRATION", "completed", err);
}

int qemu_load(int control, int state, int64_t deadline_ms, struct error *err)
{
	struct monitor monitor = { .fd = control, .deadline_ms = deadline_ms };
	int r = monitor_open(&monitor, err);

	if (r == 0)
		r = monitor_execute(&monitor, CAPABILITIES, err);
	if (r == 0)
		r = monitor_give_fd(&monitor, state, err);
	if (r == 0)
		r = monitor_execute(&monitor, STATE("migrate-incoming"), err);
	if (r == 0)
		r = monitor_await(&monitor, "MIGRATION", "completed", err);
	/* It was stopped when it was saved. */
	return r < 0 ? r : monitor_execute(&monitor, "{\"execute\":\"cont\"}\n", err);
}
