/* SPDX-License-Identifier: Apache-2.0 */
/* For explain and for strict pods: the machine a pod would get, in one line. */
#include <errno.h>
#include <unistd.h>

#include "stage1-kvm/hypervisor/accelerator.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "stage1-kvm/vm.h"

/* Whether there are disks, and what an operator has switched off, only the pod's start can see. */
static const char *describe_start(struct arena *arena, const struct plan *plan)
{
	const char *reason = vm_cold_reason(plan);

	if (reason != NULL)
		return arena_printf(arena, "booted cold: %s", reason);
	return "restored from a template of its size if each image comes as a disk and templates "
	       "are not switched off, else booted cold";
}

static void describe_runner(struct arena *arena, const char *start, struct plan_verdict *ret)
{
	const struct hypervisor *hypervisor;
	struct accelerator accelerator;
	struct error missing = { 0 };

	if (hypervisor_find(&hypervisor, &missing) < 0) {
		ret->kind = PLAN_IGNORED;
		ret->detail = arena_string(arena, missing.text);
		return;
	}
	accelerator_choose(&accelerator);
	/* Emulated, it is a wall, but not the processor's, and QEMU's makers do not count what
	 * breaks out of it as a security bug. */
	ret->kind = accelerator.hardware ? PLAN_ENFORCED : PLAN_MODIFIED;
	ret->detail =
	    accelerator.hardware
		? arena_printf(arena, "%s, by the processor (KVM); %s", hypervisor->name, start)
		: arena_printf(arena,
			       "%s, emulated (TCG), which QEMU does not call a security "
			       "boundary: %s; %s",
			       hypervisor->name, accelerator.why_not.text, start);
}

int vm_describe(struct arena *arena, const struct plan *plan, struct plan_verdict *ret,
		struct error *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct size size = size_of(plan, cpus > 0 ? (unsigned)cpus : 1);
	const char *start = describe_start(arena, plan);

	*ret = (struct plan_verdict){
		.request = "virtual machine",
		.asked = arena_printf(arena, "%llu MiB, %u CPU%s",
				      (unsigned long long)(size.memory_bytes >> 20), size.cpus,
				      size.cpus == 1 ? "" : "s"),
	};
	if (start != NULL)
		describe_runner(arena, start, ret);
	return ret->asked == NULL || ret->detail == NULL
		   ? error_set(err, ENOMEM, "describing the machine: out of memory")
		   : 0;
}
