/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_verdict.h - verdicts for people: warnings at run, lines of explain.
 */
#pragma once

#include "common/base/text.h"
#include "common/plan/plan.h"

/* "enforced", "modified", "ignored" */
const char *plan_verdict_kind_name(enum plan_verdict_kind kind);

/* Appends one line without a newline: "app-a: resource/memory limit=50M: ignored: no memory
 * controller". */
int plan_verdict_write(const struct plan_verdict *verdict, struct text *out) MUST_CHECK;
