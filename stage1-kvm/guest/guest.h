/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.h - the loop of the guest's init: frames of the host, ends of processes.
 */
#pragma once

#include "common/base/error.h"

/* Returns when the host has gone, or with what made going on impossible (the host was told). */
int guest_run(int port, struct error *err) MUST_CHECK;

/* Tells the host why there is no guest; returns when it has heard, or does not listen. */
void guest_refuse(int port, const struct error *problem);
