/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_store.h - guests that were saved while they waited for orders.
 *
 *	DATA/vm-templates/		root's alone, beside DATA/pods
 *	  lock				held by the one who makes a template
 *	  new/				what he makes; a left one is removed by the next
 *	  KEY/memory, state, disk	a template: the guest's memory, its devices, and the disk
 *that it has mounted KEY/record			their checksums KEY/checked
 *on which boot of the machine the memory's was compared off				made by an
 *operator: no template is used or made emulated			the same: no pod warns that
 *its machine is emulated
 *
 * Written:    aside, synced, renamed.  Nothing of a template is ever written afterwards.
 * Damage:     the record is compared with the sizes, the whole state and the disk at each use, with
 *             the whole memory at the first use after a boot, or when its file changed since.
 * Removed:    what is damaged, at once; all but the TEMPLATE_STORE_MAX used last, when one is made.
 * Ownership:  fds are the caller's to close.
 * Errors:     -errno with err filled.  -ENOENT: no such template; -EBADMSG: it was damaged and
 *             is removed; -EBUSY: another one is making it; -EPERM: off, or the
 *             pod is not below DATA/pods/run; -EACCES: others could write to the place.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/error.h"
#include "stage1-kvm/template/template_key.h"

#define TEMPLATE_STORE     "vm-templates" /* in rkt's data directory */

#define TEMPLATE_STORE_MAX 16

/* pod_fd: a pod's directory, DATA/pods/run/UUID. */
int template_store_open(int pod_fd, int *ret_store, struct error *err) MUST_CHECK;

/* Whether an operator has made the file for it. */
bool template_store_accepts_emulation(int pod_fd);

struct template_files {
	int memory, state, disk;
};

#define TEMPLATE_FILES_NONE                                                                        \
	{                                                                                          \
		.memory = FD_NONE, .state = FD_NONE, .disk = FD_NONE                               \
	}

void template_files_close(struct template_files *files);

/* All read-only. */
int template_store_find(int store, const char *key, struct template_files *ret,
			struct error *err) MUST_CHECK;

struct template_draft {
	int store, lock, directory;
	struct template_files files; /* for writing; memory has its size */
};

#define TEMPLATE_DRAFT_NONE                                                                        \
	{                                                                                          \
		.store = FD_NONE, .lock = FD_NONE, .directory = FD_NONE,                           \
		.files = TEMPLATE_FILES_NONE                                                       \
	}

int template_draft_open(int store, uint64_t memory_bytes, struct template_draft *ret,
			struct error *err) MUST_CHECK;

/* Gives the template its name. */
int template_draft_keep(struct template_draft *draft, const char *key,
			struct error *err) MUST_CHECK;

/* Removes what was not kept, and lets go of the lock. */
void template_draft_release(struct template_draft *draft);

int template_store_remove(int store, const char *key, struct error *err) MUST_CHECK;
