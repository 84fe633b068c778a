/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.h - the guest from the kernel's first process to one that can take orders.
 *
 * Places:     GUEST_POD, the pod directory as the host has it; GUEST_SHARES, the volumes
 *             of the host by name; GUEST_HOST, files of the host (etc/hosts …).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/error.h"

#define GUEST_RUN    "/run"
#define GUEST_POD    GUEST_RUN "/pod"
#define GUEST_ROOT   GUEST_POD "/stage1/rootfs"
#define GUEST_SHARES GUEST_RUN "/shares"
#define GUEST_HOST   GUEST_POD "/host"

/* Mounts what every process here needs and makes the places. */
int boot_mount(struct error *err) MUST_CHECK;

/* The port to the host. */
int boot_open_port(int *ret_fd, struct error *err) MUST_CHECK;

/* Random numbers that no sibling of the same template has, and the time. */
int boot_wake(const unsigned char *entropy, size_t length, uint64_t seconds, uint64_t nanoseconds,
	      struct error *err) MUST_CHECK;

/* Ends the machine. */
void boot_end(void) __attribute__((__noreturn__));
