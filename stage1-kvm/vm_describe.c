/* SPDX-License-Identifier: Apache-2.0 */
/* For explain: the machine a pod would get, in one line. */
#include <errno.h>
#include <unistd.h>

#include "stage1-kvm/vm.h"

int vm_describe(struct arena *arena, const struct plan *plan, struct plan_verdict *ret,
		struct error *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct size size = size_of(plan, cpus > 0 ? (unsigned)cpus : 1);
	const char *reason = vm_cold_reason(plan);

	*ret = (struct plan_verdict){
		.request = "virtual machine",
		.asked = arena_printf(arena, "%llu MiB, %u CPU%s",
				      (unsigned long long)(size.memory_bytes >> 20), size.cpus,
				      size.cpus == 1 ? "" : "s"),
		.kind = PLAN_MODIFIED, /* a wall, but not the processor's */
		.detail = arena_printf(
		    arena,
		    "QEMU microvm, emulated (TCG): hardware virtualization is not "
		    "used; %s%s",
		    reason == NULL ? "restored from a template of its size" : "booted cold: ",
		    reason == NULL ? "" : reason),
	};
	return ret->asked == NULL || ret->detail == NULL
		   ? error_set(err, ENOMEM, "describing the machine: out of memory")
		   : 0;
}
