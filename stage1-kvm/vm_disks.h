/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_disks.h - which disk of a machine has the image of which app.
 *
 * stage0 leaves each app's image as appsinfo/APP/image.erofs, a hard link of the store's.  Those
 * of one image are one file, and so one disk: there is room for few of them.
 *
 * Ownership:  everything belongs to the arena.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/plan/plan.h"
#include "stage1-kvm/vm_shares.h"

#define VM_DISKS_MAX VM_SHARES_MAX
#define VM_DISK_NONE SIZE_MAX /* its root is shared */

struct vm_disks {
	size_t *of_app;                  /* number of its disk, in the plan's order */
	bool is_whole;                   /* all apps have one */
	const char *paths[VM_DISKS_MAX]; /* in the pod's directory */
	size_t n;
};

/* -E2BIG: more images than there is room for. */
int vm_disks_find(struct arena *arena, int pod_fd, const struct plan *plan, struct vm_disks *ret,
		  struct error *err) MUST_CHECK;
