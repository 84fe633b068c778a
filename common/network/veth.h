/* SPDX-License-Identifier: Apache-2.0 */
/*
 * veth.h - the host's end of a pod's veth pair, by what a plugin said of it.
 *
 * Where the pod's namespace has gone, the kernel removes the pair later, or much later: as long as
 * a connection of an app that was killed has something to send, the namespace stays.
 *
 * Errors:     -errno, err filled.
 * Processes:  acts on the caller's network namespace.
 */
#pragma once

#include "common/base/error.h"

/*
 * Removes the pair; no error when there is no interface of the name, or it is no veth, or
 * has another hardware address than mac ("0a:58:…"; NULL: any), so is another one by now.
 */
int veth_remove(const char *name, const char *mac, struct error *err) MUST_CHECK;
