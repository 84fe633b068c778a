/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch/fetch_trust.h"

#include <string.h>

#include "stage0/fetch/fetch_discover.h"
#include "stage0/fetch/fetch_keys.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/trust/keystore.h"

static int trust(const struct fetch *fetch, const char *name, const char *url, struct error *err)
{
	struct fetch_keys keys = { .n = 0 };
	int r = fetch_keys_get(fetch, url, &keys, err);

	for (size_t i = 0; r == 0 && i < keys.n; i++) {
		const struct keystore_key key = { name, keys.items[i].fingerprint,
						  keys.items[i].armored };
		const char *path = NULL;

		if (keystore_has(fetch->places, name, key.fingerprint) ||
		    keystore_has(fetch->places, "", key.fingerprint))
			continue;
		r = keystore_add(fetch->arena, fetch->places, &key, &path, err);
		if (r == 0)
			(void)fetch_tell(fetch, false,
					 "Trusting \"%s\" for prefix \"%s\" without fingerprint "
					 "review.\nAdded key for prefix \"%s\" at \"%s\"",
					 url, name, name, path);
	}
	return r;
}

void fetch_trust_offered(const struct fetch *fetch, const char *name)
{
	static const struct manifest_pairs none;
	struct fetch own = *fetch;
	struct fetch_found found = { .n_keys = 0 };
	struct error err = { 0 };
	int r;

	own.allow_http = fetch->any_key;
	r = fetch_discover(&own, name, &none, &found, &err);
	for (size_t i = 0; r == 0 && i < found.n_keys; i++)
		r = trust(&own, name, found.keys[i], &err);
	if (r < 0)
		(void)fetch_tell(fetch, false, "error adding keys: %s", err.text);
}
