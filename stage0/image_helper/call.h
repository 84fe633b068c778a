/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - what rkt-image was called to import, and its end: into the store.
 */
#pragma once

#include <stdbool.h>

#include "stage0/store/store_quarantine.h"

enum import_format { IMPORT_AS_ACI, IMPORT_AS_OCI, IMPORT_AS_DOCKER, IMPORT_AS_SKOPEO };

struct import_call {
	const char *name;
	enum import_format format;
	const char *reference; /* NULL: none given */
	const char *id;        /* what it must turn out to be; NULL: whatever it is */
	bool quiet, update, store_only, has_login;
	struct store store;
};

struct import_result {
	char id[STORE_ID_SIZE];
	uint64_t content_bytes; /* of all files */
};

/* Moves a quarantine's tree into the store, by the manifest in it. */
int import_publish(const struct import_call *call, struct store_quarantine *quarantine,
		   const struct import_result *result, struct error *err) MUST_CHECK;

/* An image of OCI or Docker, by whatever way; cleans up behind itself. */
int import_container(const struct import_call *call, struct import_result *ret,
		     struct error *err) MUST_CHECK;
