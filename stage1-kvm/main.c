/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage1-kvm - a pod in a virtual machine with a kernel of its own.
 */
#include "common/entrypoint/entrypoint.h"
#include "stage1-kvm/archive.h"
#include "stage1-kvm/entry.h"
#include "stage1-kvm/isolate.h"
#include "stage1-kvm/machine/machine.h"
#include "stage1-kvm/machine_counts.h"
#include "stage1-kvm/vm.h"
#include "stage1-kvm/vm_examine.h"

int main(int argc, char *argv[])
{
	static const struct stage1 stage1 = { .program = "stage1-kvm",
					      .traits = &machine_traits,
					      .facts = machine_facts,
					      .run = isolate_in_machine,
					      .join = entry_join,
					      .count = machine_counts_read,
					      .archive = archive_in_machine,
					      .examine = vm_examine,
					      .describe = vm_describe };

	return entrypoint_main(&stage1, argc, argv);
}
