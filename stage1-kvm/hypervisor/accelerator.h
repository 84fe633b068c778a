/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accelerator.h - whether the processor itself can run a guest, or it has to be emulated.
 *
 * Hardware:   the processor has vmx or svm, /dev/kvm opens, and KVM has run instructions
 *             (kvm_probe.h).  Asked anew by each process that starts a machine.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "stage1-kvm/template/template_key.h"

struct accelerator {
	bool hardware;
	struct error why_not; /* code 0 with hardware */
};

void accelerator_choose(struct accelerator *ret);

/* What a saved guest has seen of this machine's processor and kernel. */
void accelerator_add_to_key(const struct accelerator *accelerator, struct template_key *key);
