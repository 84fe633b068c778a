/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_templates.h - saved guests that no virtual machine was started from for long.
 *
 *   DIR/vm-templates/{lock,KEY/,new/}
 *
 * stage1-kvm makes one for each size of machine, kernel and hypervisor, and notes in the
 * directory's time when it was used last.  One whose key no longer comes up (a newer kernel,
 * another QEMU) is just not used any more.  A running machine keeps the files of a removed one
 * open; the next start makes it again.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

/*
 * Removes those that were last used before then (since the epoch), and what a killed maker
 * left.  Nothing happens while one is made.  removed: told of each key; may be NULL.
 */
int vm_templates_collect(int data_dir, uint64_t unused_since_ns,
			 void (*removed)(void *context, const char *key), void *context,
			 struct error *err) MUST_CHECK;
