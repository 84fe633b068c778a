/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_wire.h - a plan on its way from host to guest, which carries out what it says.
 *
 * Format:     numbers of 8 bytes, little-endian, texts by their size with the NUL, then the text;
 *             the members of plan.h in its order, PLAN_WIRE_VERSION first.  Verdicts, which are
 *             for people, stay behind.
 * Trust:      what is read is checked: sizes, ends of texts, numbers that stand for something,
 *             texts that must be there.  Nothing is read twice.
 * Errors:     -EPROTO: not a plan of this version; -ENOMEM.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/plan/plan.h"

/* Changes with the format. */
#define PLAN_WIRE_VERSION 1

/* Appends to out; the arena has what is needed meanwhile. */
int plan_wire_write(struct arena *arena, const struct plan *plan, struct text *out,
		    struct error *err) MUST_CHECK;

/* Texts of *ret are those of data, the rest is the arena's. */
int plan_wire_read(struct arena *arena, const char *data, size_t length, struct plan *ret,
		   struct error *err) MUST_CHECK;
