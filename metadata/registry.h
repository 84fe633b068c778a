/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - the pods that have registered, as files: nothing is lost with the service.
 *
 *	pods/UUID/manifest		the pod manifest
 *	pods/UUID/apps/APP		an app's image manifest
 *	pods/UUID/elsewhere		there, and empty: of a data directory that is not the
 *service's tokens/TOKEN			the UUID
 *
 * A pod is known by its token alone, which is therefore as secret as the directory (0700).
 * Every file appears whole, and the token last.
 *
 * Errors: -errno with err filled; -ENOENT: no such pod, app or token.
 */
#pragma once

#include <stdbool.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/base/uuid.h"

/* What a manifest may have at most, in bytes. */
#define REGISTRY_MANIFEST_MAX ((size_t)1 << 20)

/* Letters, digits, "-" and "_", 128 bits of them at least: nothing else becomes a file name. */
bool registry_is_token(const char *token);

/* Makes what is missing of it.  The result is the caller's fd. */
int registry_open(const char *path, int *ret, struct error *err) MUST_CHECK;

/* A pod of that UUID that was registered before, and its token, are replaced. */
int registry_put_pod(int registry, const char *uuid, const char *token, const char *manifest,
		     struct error *err) MUST_CHECK;
int registry_put_app(int registry, const char *uuid, const char *app, const char *manifest,
		     struct error *err) MUST_CHECK;

/* A registered pod of which the service's data directory tells nothing, so that only its end is
 * told by who registered it. */
int registry_mark_elsewhere(int registry, const char *uuid, struct error *err) MUST_CHECK;
bool registry_is_elsewhere(int registry, const char *uuid);

/* One that is not there is fine. */
int registry_remove_pod(int registry, const char *uuid, struct error *err) MUST_CHECK;

int registry_find(int registry, const char *token, struct uuid *ret, struct error *err) MUST_CHECK;
int registry_read_pod(int registry, const char *uuid, struct text *manifest,
		      struct error *err) MUST_CHECK;
int registry_read_app(int registry, const char *uuid, const char *app, struct text *manifest,
		      struct error *err) MUST_CHECK;

/* Removes the pods for which is_gone() says so. */
int registry_prune(int registry, bool (*is_gone)(void *context, const char *uuid), void *context,
		   struct error *err) MUST_CHECK;
