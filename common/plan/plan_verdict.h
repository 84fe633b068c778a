/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_verdict.h - what became of a request: for warnings at run, and lines of explain.
 */
#pragma once

#include "common/base/text.h"

/* The App Container spec demands that each of these be told (ace.md, "Isolators"). */
enum plan_verdict_kind { PLAN_ENFORCED, PLAN_MODIFIED, PLAN_IGNORED };

struct plan_verdict {
	const char *app;     /* NULL: the whole pod */
	const char *request; /* "resource/memory", "--hostname", "volume data" */
	const char *asked;   /* the value as a person would write it: "limit=50M" */
	enum plan_verdict_kind kind;
	const char *detail; /* modified: to what; ignored: why; enforced: by what, or "" */
};

/* "enforced", "modified", "ignored" */
const char *plan_verdict_kind_name(enum plan_verdict_kind kind);

/* Appends one line without a newline: "app-a: resource/memory limit=50M: ignored: no memory
 * controller". */
int plan_verdict_write(const struct plan_verdict *verdict, struct text *out) MUST_CHECK;
