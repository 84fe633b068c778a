/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_scope.h - what every part of planning needs: where memory, verdicts and errors go.
 *
 * Private to this room.  A scope is of the pod (app is NULL) or of one app; each
 * part (plan_limits.c, plan_seccomp.c, …) takes the scope and the piece of the
 * manifest that it plans, and says one verdict for each request in it.
 */
#pragma once

#include "common/plan/plan_pod.h"

/* Caps on what one manifest may ask for: work that grows with its square stays small. */
#define PLAN_MAX_ISOLATORS 1024
#define PLAN_MAX_MOUNTS    1024
#define PLAN_MAX_VARIABLES 4096
#define PLAN_MAX_APPS      1024
#define PLAN_MAX_PORTS     1024
#define PLAN_MAX_NETWORKS  256

struct plan_verdicts {
	struct plan_verdict *items;
	size_t n;
	size_t capacity;
};

struct plan_scope {
	struct arena *arena;
	const struct plan_traits *traits;
	const struct plan_host *host;
	const struct plan_options *options;
	const char *app; /* NULL: the whole pod */
	struct plan_verdicts *verdicts;
	struct error *err;
};

struct plan_isolators {
	const struct isolator *items;
	size_t n;
};

struct plan_request {
	const char *name;  /* "resource/memory" */
	const char *asked; /* "limit=50M"; NULL: memory ran out while writing it */
};

/* Says that a request is enforced as it was asked.  -ENOMEM. */
int plan_enforced(const struct plan_scope *scope, struct plan_request request) MUST_CHECK;

/* Says a verdict; detail is a format.  -ENOMEM. */
int plan_say(const struct plan_scope *scope, enum plan_verdict_kind kind,
	     struct plan_request request, const char *detail, ...) PRINTF_LIKE(4, 5) MUST_CHECK;

/* Refuses the pod: -code, err naming the app, then the text. */
int plan_refuse(const struct plan_scope *scope, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* -ENOMEM, said in err. */
int plan_no_memory(const struct plan_scope *scope);

/* The isolator of a kind that counts: the last one, as the command line's come last.  NULL: none.
 */
const struct isolator *plan_isolator_find(const struct plan_isolators *isolators,
					  enum isolator_kind kind);

/* Whether a later isolator of the same name replaces the one at index. */
bool plan_isolator_is_replaced(const struct plan_isolators *isolators, size_t index);

/* The request that an isolator is, its value as a person would write it. */
struct plan_request plan_isolator_request(const struct plan_scope *scope,
					  const struct isolator *isolator);

/* "CAP_CHOWN, CAP_KILL"; "none" for 0.  NULL: no memory. */
const char *plan_capability_names(struct arena *arena, uint64_t capabilities);

/* 50000000 → "50M", 26214400 → "25Mi", 1500 → "1500".  NULL: no memory. */
const char *plan_bytes_text(struct arena *arena, uint64_t bytes);

/* 1500 → "1500m", 2000 → "2".  NULL: no memory. */
const char *plan_milli_text(struct arena *arena, uint64_t milli);
