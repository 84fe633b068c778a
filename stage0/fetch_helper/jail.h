/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail.h - what rkt-fetch keeps of root's powers: none.
 *
 * Both jails: a user of its own (JAIL_FIRST_UID + pid, no group, no capability), no new privileges,
 * no core dumps, small limits, a mount namespace in which all is read-only; it ends with rkt.
 * A caller who is not root keeps his user and gets the rest but for the namespaces, of which
 * JAIL_OPENPGP has its own all the same where the kernel lets him make a user namespace.
 *
 * JAIL_NETWORK  talks to servers: no program can be executed, no process made (threads can), no
 *               tracing, no namespaces, no file written.
 * JAIL_OPENPGP  runs gpg on what came from there: no network, no IPC with others, and a tmpfs at
 *               JAIL_HOME that vanishes with it.  (Without namespaces: a directory there, removed
 * at the end.)
 *
 * Process:  changes the calling process for good; call it with one thread, after opening what is
 *           needed: 3 and up stay open.
 * Errors:   -errno; the process is half jailed then: exit.
 */
#pragma once

#include <stdint.h>

#include "common/base/error.h"

#define JAIL_FIRST_UID ((uint32_t)0x71000000) /* pids are below 2^22 */
#define JAIL_HOME      "/tmp"

enum jail_kind { JAIL_NETWORK, JAIL_OPENPGP };

int jail_enter(enum jail_kind kind, struct error *err) MUST_CHECK;
