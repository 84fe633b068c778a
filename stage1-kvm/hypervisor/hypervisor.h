/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypervisor.h - what can run a machine on this host: one entry of a table for each.
 *
 * Start:      write_command() turns a description into a command line.  It opens nothing and
 *             asks nothing, so a golden text can show it (tests/golden/machine-*), and a template
 *             can be named by it.  process.h executes it, jailed.
 * Channel:    ends of socket pairs that the process inherits: the guest's channel and console,
 *             and for SAVE and RESTORE the hypervisor's own control.
 * Stop:       the process is killed; the guest's own end ends it.
 * Size:       fixed; what a guest does not use goes back to the host by itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

#define HYPERVISOR_WORDS 96

enum hypervisor_way {
	HYPERVISOR_COLD,    /* booted */
	HYPERVISOR_SAVE,    /* booted without apps, its memory being a file: to be saved */
	HYPERVISOR_RESTORE, /* the memory is a private view of that file, devices as they were */
};

/* Descriptors are those of the new process; FD_NONE: there is none. */
struct hypervisor_machine {
	enum hypervisor_way way;
	bool hardware; /* the processor runs the guest (accelerator.h); else it is emulated */
	uint64_t memory_bytes;
	unsigned cpus;
	uint32_t
	    clock_khz; /* of the count of cycles that the guest sees (host_clock.h); 0: unknown */
	int kernel, root; /* the guest's, for reading */
	int channel, console, control;
	int memory;       /* the file, but for COLD */
	int state;        /* of the devices, as save() has written it; RESTORE */
	int helper;       /* of open_helper() */
	int writable;     /* a disk, for reading and writing: what the apps write */
	const int *disks; /* of the apps; FD_NONE: what stands for one in a guest that is saved */
	size_t n_disks;
	const int *nics; /* taps */
	size_t n_nics;
	const int *shares; /* sockets of file servers; number i has the tag "share-i" */
	size_t n_shares;
};

struct hypervisor_command {
	struct arena *arena;
	const char *words[HYPERVISOR_WORDS]; /* program first; NULL behind the last */
	size_t n;
	const char *environment[2]; /* NULL behind the last */
	bool failed;                /* no memory, or no room */
};

struct hypervisor {
	const char *name;
	const char *program;
	const char *const *places; /* what of the host its process sees: program, libraries, …;
				      relative to "/", NULL behind the last; may be missing, but
				      for the first, which is the program */
	size_t max_devices;        /* disks of apps, network cards and shares */

	/* command->arena is given. */
	int (*write_command)(const struct hypervisor_machine *machine,
			     struct hypervisor_command *command, struct error *err);
	/* A file that the process needs beside the machine's; *ret_fd: the caller's to close. */
	int (*open_helper)(int *ret_fd, struct error *err);
	/* Stops the guest and writes its devices to the file state; its memory lies in the other.
	 */
	int (*save)(int control, int state, int64_t deadline_ms, struct error *err);
	/* The opposite, of a RESTORE with the state machine.state: the guest runs on as soon as it
	 * is loaded, which takes its time still; where that fails, the process ends. */
	int (*load)(int control, int state, int64_t deadline_ms, struct error *err);
};

extern const struct hypervisor hypervisor_qemu;

/* The first one that this host has; -ENOENT: none. */
int hypervisor_find(const struct hypervisor **ret, struct error *err) MUST_CHECK;

/* For write_command(). */
void hypervisor_add(struct hypervisor_command *command, const char *word);
#define hypervisor_print(command, ...)                                                             \
	hypervisor_add((command), arena_printf((command)->arena, __VA_ARGS__))
