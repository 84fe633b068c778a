/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_output.h - what the stage1s have found of this machine: for people, for programs.
 */
#pragma once

#include "common/base/text.h"
#include "stage0/launch/stage1_doctor.h"

/* One table for each level, with what mends a thing below it.  -ENOMEM. */
int doctor_write_table(const struct examined *levels, size_t n, struct text *out) MUST_CHECK;

/* A line for each check: level or pod, check, state, found, mend, separated by tabs.  -ENOMEM. */
int doctor_write_lines(const struct examined *levels, size_t n, struct text *out) MUST_CHECK;

int doctor_write_json(const struct examined *levels, size_t n, bool pretty,
		      struct text *out) MUST_CHECK;
