/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.h - a tap device that stands for another interface: what arrives at one leaves by the other.
 *
 * For virtual machines: the plugin's interface stays as it is, and who holds the tap gets
 * its frames.  By traffic control (classifier u32, action mirred), before the host's own
 * protocols see them.
 *
 * Ownership:  *ret_fd is the caller's to close; the tap goes with it.
 * Errors:     -errno, err filled.
 * Processes:  acts on the caller's network namespace.
 */
#pragma once

#include "common/base/error.h"

/* mtu in bytes; the tap is up. */
int tap_open(const char *name, unsigned mtu, int *ret_fd, struct error *err) MUST_CHECK;

/*
 * Both ways.  Answers of DHCP servers also stay where they arrived: whoever has got an address for
 * the interface (the daemon of the CNI plugin dhcp) renews it there, by a socket that would see
 * nothing any more.
 */
int tap_connect(const char *tap, const char *interface, struct error *err) MUST_CHECK;
