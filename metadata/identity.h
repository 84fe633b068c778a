/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - what a pod says, signed: HMAC-SHA512 over its UUID and the content, in base64.
 *
 * The key is made once and kept in the registry, so a signature outlives the service, as long as
 * the directory does.
 *
 * Source:     App Container spec 0.8.11, ace.md, "Identity Endpoint"; RFC 2104.
 * Errors:     -errno with err filled; -EKEYREJECTED: not the signature of that pod over that
 * content.
 */
#pragma once

#include "common/base/error.h"
#include "common/base/text.h"

#define IDENTITY_KEY_SIZE       64 /* bytes */
#define IDENTITY_SIGNATURE_SIZE 89 /* base64 of 64 bytes, and the NUL */

struct identity {
	unsigned char key[IDENTITY_KEY_SIZE];
};

int identity_open(int registry, struct identity *ret, struct error *err) MUST_CHECK;

/* uuid: 36 characters. */
int identity_sign(const struct identity *identity, const char *uuid, const struct text *content,
		  char ret[static IDENTITY_SIGNATURE_SIZE], struct error *err) MUST_CHECK;

/* In constant time. */
int identity_verify(const struct identity *identity, const char *uuid, const struct text *content,
		    const char *signature, struct error *err) MUST_CHECK;
