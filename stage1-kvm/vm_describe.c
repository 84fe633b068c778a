/* SPDX-License-Identifier: Apache-2.0 */
/* For explain: the machine a pod would get, in one line. */
#include <errno.h>
#include <unistd.h>

#include "stage1-kvm/vm.h"

static bool has_host_volumes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		for (size_t j = 0; j < plan->apps[i].n_mounts; j++) {
			if (plan->apps[i].mounts[j].kind == PLAN_MOUNT_HOST)
				return true;
		}
	}
	return false;
}

int vm_describe(struct arena *arena, const struct plan *plan, struct plan_verdict *ret,
		struct error *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct size size = size_of(plan, cpus > 0 ? (unsigned)cpus : 1);
	const char *files = has_host_volumes(plan) ? ", volumes of the host by virtiofs" : "";

	*ret = (struct plan_verdict){
		.request = "virtual machine",
		.asked = arena_printf(arena, "%llu MiB, %u CPU%s",
				      (unsigned long long)(size.memory_bytes >> 20), size.cpus,
				      size.cpus == 1 ? "" : "s"),
		.kind = PLAN_MODIFIED, /* a wall, but not the processor's */
		.detail =
		    arena_printf(arena,
				 "QEMU microvm, emulated (TCG): hardware virtualization is not "
				 "used; booted cold%s",
				 files),
	};
	return ret->asked == NULL || ret->detail == NULL
		   ? error_set(err, ENOMEM, "describing the machine: out of memory")
		   : 0;
}
