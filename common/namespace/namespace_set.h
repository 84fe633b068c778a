/* SPDX-License-Identifier: Apache-2.0 */
/*
 * namespace_set.h - which namespaces are meant.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct namespace_set {
	bool mount, pid, network, ipc, uts, user, cgroup;
};

/* The CLONE_NEW* bits: for clone3(), unshare() and setns(). */
uint64_t namespace_set_flags(const struct namespace_set *set);

/* "mount, pid, network"; "" for none.  Returns text, which is cut if it does not fit. */
const char *namespace_set_describe(const struct namespace_set *set, char *text, size_t size);
