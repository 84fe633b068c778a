/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_trust.h - the keys that the site of a name offers, taken for good unseen.
 *
 * Only when the operator has said so (--trust-keys-from-https), and for that name only; over https,
 * unless he does not care (--insecure-options=pubkey).
 */
#pragma once

#include "stage0/fetch/fetch.h"

/* Best effort: a key that is trusted already may do. */
void fetch_trust_offered(const struct fetch *fetch, const char *name);
