/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/hypervisor/hypervisor.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/cleanup.h"

static const struct hypervisor *const known[] = { &hypervisor_qemu };

int hypervisor_find(const struct hypervisor **ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
		if (access(known[i]->program, X_OK) == 0) {
			*ret = known[i];
			return 0;
		}
	}
	return error_from_errno(err, "looking for a hypervisor: %s", known[0]->program);
}

void hypervisor_add(struct hypervisor_command *command, const char *word)
{
	if (word == NULL || command->n + 1 >= HYPERVISOR_WORDS)
		command->failed = true;
	else
		command->words[command->n++] = word;
}
