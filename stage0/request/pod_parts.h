/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_parts.h - the parts of pod_build.h; for this folder only.
 */
#pragma once

#include "stage0/request/pod_build.h"

/* Pairs that can grow; a copy of an image's to begin with. */
struct pair_list {
	struct arena *arena;
	struct manifest_pair *items;
	size_t n, capacity;
};

int pair_list_add(struct pair_list *list, const char *name, const char *value) MUST_CHECK;
int pair_list_add_all(struct pair_list *list, const struct manifest_pairs *pairs) MUST_CHECK;

/* Replaces the value of a name where it stands, or appends. */
int pair_list_set(struct pair_list *list, const char *name, const char *value) MUST_CHECK;
bool pair_list_has(const struct pair_list *list, const char *name);

static inline struct manifest_pairs pair_list_pairs(const struct pair_list *list)
{
	return (struct manifest_pairs){ list->items, list->n };
}

/* The environment of one app, lowest precedence first (run.md). */
int pod_environment_merge(const struct pod_build_input *input, const struct request_image *image,
			  const struct manifest_pairs *own, struct manifest_pairs *ret,
			  struct error *err) MUST_CHECK;

/* The image's isolators and those of the command line, as *app will have them. */
int pod_isolators_merge(struct arena *arena, const struct request_image *image, struct app *app,
			struct error *err) MUST_CHECK;
