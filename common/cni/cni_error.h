/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cni_error.h - what a CNI plugin prints when it cannot do what it was asked to.
 *
 * Ownership:  strings belong to the document they were read from, or to the caller.
 */
#pragma once

#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/cni/cni_version.h"
#include "common/json/json_value.h"
#include "common/json/json_writer.h"

enum cni_error_code { /* of the specification; a plugin's own start at 100 */
		      CNI_ERROR_VERSION = 1,
		      CNI_ERROR_UNSUPPORTED_FIELD = 2,
		      CNI_ERROR_UNKNOWN_CONTAINER = 3,
		      CNI_ERROR_ENVIRONMENT = 4,
		      CNI_ERROR_IO = 5,
		      CNI_ERROR_DECODING = 6,
		      CNI_ERROR_CONFIG = 7,
		      CNI_ERROR_TRY_AGAIN = 11,
		      CNI_ERROR_UNAVAILABLE = 50,
		      CNI_ERROR_LIMITED = 51,
};

struct cni_error {
	uint32_t code;
	const char *msg;
	const char *details; /* NULL or "": none */
};

/* -EINVAL: value is no such object; err says why. */
int cni_error_read(struct arena *arena, const struct json_value *value, const char *place,
		   struct cni_error *ret, struct error *err) MUST_CHECK;

void cni_error_write(struct json_writer *writer, const char *key, enum cni_version version,
		     const struct cni_error *error);
