/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_examine.h - what this machine offers virtual machines, for doctor.
 */
#pragma once

#include "common/doctor/doctor.h"

/* A stage1's examine(). */
void vm_examine(struct doctor *doctor);
