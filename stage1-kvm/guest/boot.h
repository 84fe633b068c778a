/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.h - the guest from the kernel's first process to one that can take orders.
 *
 * Places:     GUEST_POD, the pod directory as the host has it; GUEST_SHARES, the volumes
 *             of the host by name; GUEST_HOST, files of the host (etc/hosts …); GUEST_WRITTEN,
 *             the disk for what apps write.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define GUEST_RUN          "/run"
#define GUEST_POD          GUEST_RUN "/pod"
#define GUEST_ROOT         GUEST_POD "/stage1/rootfs"
#define GUEST_SHARES       GUEST_RUN "/shares"
#define GUEST_HOST         GUEST_POD "/host"

#define GUEST_WRITTEN      GUEST_RUN "/written"
#define GUEST_WRITTEN_DISK "vdb"

/* Mounts what every process here needs and makes the places. */
int boot_mount(struct error *err) MUST_CHECK;

/*
 * Mounts the disk that apps write to.  Before the guest is saved, so that those which are restored
 * find it mounted: their disks are what this one was then.
 */
int boot_mount_written(struct error *err) MUST_CHECK;

/* The port to the host. */
int boot_open_port(int *ret_fd, struct error *err) MUST_CHECK;

/* Random numbers that no sibling of the same template has, and the time. */
int boot_wake(const unsigned char *entropy, size_t length, uint64_t seconds, uint64_t nanoseconds,
	      struct error *err) MUST_CHECK;

/* Ends the machine. */
void boot_end(void) __attribute__((__noreturn__));
