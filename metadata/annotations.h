/* SPDX-License-Identifier: Apache-2.0 */
/*
 * annotations.h - the annotations of a pod or an app as the metadata service shows them.
 *
 * annotations_of_… append a JSON list of {"name": …, "value": …}; those of one annotation its
 * value. Errors: -EINVAL (a manifest that is none), -ENOENT (no such app or annotation), -ENOMEM.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/text.h"

int annotations_of_pod(const struct text *pod_manifest, struct text *ret,
		       struct error *err) MUST_CHECK;

/* An app of a pod, and its image. */
struct annotations_app {
	const struct text *pod_manifest, *image_manifest;
	const char *name;
};

/* Those of the image; of two with one name, the pod's for the app counts. */
int annotations_of_app(const struct annotations_app *wanted, struct text *ret,
		       struct error *err) MUST_CHECK;

int annotations_find_of_pod(const struct text *pod_manifest, const char *annotation,
			    struct text *ret, struct error *err) MUST_CHECK;
int annotations_find_of_app(const struct annotations_app *wanted, const char *annotation,
			    struct text *ret, struct error *err) MUST_CHECK;

/* The id of the image that an app is of. */
int annotations_image_id(const struct text *pod_manifest, const char *name, struct text *ret,
			 struct error *err) MUST_CHECK;
