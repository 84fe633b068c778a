/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_build.h - from a request and its images' manifests to the pod manifest.
 *
 * Pure: reads no file and no environment but what it is given.  What the
 * command line overrides replaces the image's value; isolators are appended,
 * the last one of a kind counts (isolators_last()), except that capabilities
 * and system calls replace the image's sets as a whole.
 *
 * Errors:     -EINVAL with err naming app or option; -ENOMEM.
 * Ownership:  the result lies in request->arena and points into the images'
 *             manifests and the request.
 */
#pragma once

#include "stage0/request/request.h"

/* An image of the request, found. */
struct pod_build_image {
	const char *id; /* "sha512-…" */
	const struct image_manifest *manifest;
};

struct pod_build_input {
	const struct request *request;
	const struct pod_build_image *images;   /* of request->images[i] */
	const struct manifest_pairs *env_files; /* of request->set_env_files, read, in order */
	char *const *environment;               /* rkt's own, for --inherit-env */
};

int pod_build(const struct pod_build_input *input, struct pod_manifest *ret,
	      struct error *err) MUST_CHECK;

/*
 * Appends the manifest, and reads it again: a pod that its stage1 would refuse
 * to read is refused before it exists, in the same words.
 */
int pod_write(const struct pod_manifest *pod, struct text *out, struct error *err) MUST_CHECK;

/* The annotations every pod of this stage0 has: mutable=false, and what options ask for. */
int pod_build_annotations(const struct request *request, const struct manifest_pairs *given,
			  struct manifest_pairs *ret, struct error *err) MUST_CHECK;

/* The lines of a --set-env-file, appended to *pairs; place: for messages. */
int pod_environment_parse(struct arena *arena, const char *content, const char *place,
			  struct manifest_pairs *pairs, struct error *err) MUST_CHECK;

#define POD_STAGE1_NAME_ANNOTATION "rkt.alpha.kubernetes.io/stage1-name-override"
#define POD_MUTABLE_ANNOTATION     "coreos.com/rkt/stage1/mutable"
#define POD_STRICT_ANNOTATION      "coreos.com/rkt/stage1/strict"
#define POD_LOG_SIZE_ANNOTATION    "coreos.com/rkt/stage1/log-size"
#define POD_ACCOUNTING_ANNOTATION  "coreos.com/rkt/stage1/accounting"
#define POD_RESTART_ANNOTATION     "coreos.com/rkt/stage1/restart"
#define POD_STDIN_ANNOTATION       "coreos.com/rkt/stage2/stdin"
#define POD_STDOUT_ANNOTATION      "coreos.com/rkt/stage2/stdout"
#define POD_STDERR_ANNOTATION      "coreos.com/rkt/stage2/stderr"
