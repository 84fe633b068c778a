/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orders.h - what the host has done in the guest before the pod starts.
 *
 * An order is words separated by single spaces; paths are below /run:
 *
 *	mount TYPE SOURCE TARGET ro|rw [OPTIONS]
 *	                                a file system (of a device, a virtiofs tag, or none)
 *	overlay LOWER LAYER TARGET      LOWER read-only below the layer of that number (layer.h)
 *	room BYTES                      lets no more be written to the disk for what apps write
 *	show FILE TARGET                a single file of a file system, at TARGET
 */
#pragma once

#include "stage1-kvm/channel/frame.h"

/* FILE: appends to a file of the pod directory, made with its directories. */
int orders_take_file(const struct frame *frame, struct error *err) MUST_CHECK;

int orders_take(const struct frame *frame, struct error *err) MUST_CHECK;
