/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm_probe.h - whether KVM runs instructions here, by having it run three.
 *
 * /dev/kvm may be there and still be of no use: where the processor has no vmx or svm, where a
 * hypervisor below us keeps them, where it makes machines and then hangs.  So a process of
 * its own makes a machine with one page, whose code writes to a port and halts.
 *
 * Blocks:     timeout_ms, and a little more when that process does not even die.
 * Ownership:  nothing is left; a probe that the kernel does not let go ends with it.
 * Errors:     -errno, err saying which step was refused; -ETIMEDOUT: no answer.
 */
#pragma once

#include "common/base/error.h"

int kvm_probe(int timeout_ms, struct error *err) MUST_CHECK;
