/* SPDX-License-Identifier: Apache-2.0 */
/* The two operations that run gpg. */
#include <errno.h>

#include "stage0/fetch/fetch_protocol.h"
#include "stage0/fetch_helper/openpgp.h"
#include "stage0/fetch_helper/operations.h"
#include "stage0/fetch_helper/report.h"

struct key_list {
	const struct openpgp_key *items;
	size_t n;
};

static void fill_signer(struct json_writer *writer, const void *context)
{
	const struct openpgp_key *key = context;

	json_put_string(writer, "fingerprint", key->fingerprint);
	json_put_strings(writer, "names", key->names, key->n_names);
}

int operation_verify(struct arena *arena, const struct fetch_request *request, struct error *err)
{
	auto_openpgp struct openpgp openpgp = { .context = NULL };
	struct openpgp_key signer;
	int r = openpgp_open(&openpgp, err);

	if (r == 0) {
		r = openpgp_import(&openpgp, FETCH_FD_KEYS, err);
		if (r < 0)
			return error_prefix(err, "keystore: error loading keyring");
		r = openpgp_verify(&openpgp, arena, request->fingerprints, &signer, err);
	}
	return r < 0 ? r : report_line(fill_signer, &signer, err);
}

static void fill_keys(struct json_writer *writer, const void *context)
{
	const struct key_list *keys = context;

	json_begin_array(writer, "keys");
	for (size_t i = 0; i < keys->n; i++) {
		const struct openpgp_key *key = &keys->items[i];

		json_begin_object(writer, NULL);
		json_put_string(writer, "fingerprint", key->fingerprint);
		json_put_strings(writer, "subkeys", key->subkeys, key->n_subkeys);
		json_put_strings(writer, "names", key->names, key->n_names);
		json_put_string(writer, "armored", key->armored);
		json_end_object(writer);
	}
	json_end_array(writer);
}

int operation_keys(struct arena *arena, const struct fetch_request *request, struct error *err)
{
	auto_openpgp struct openpgp openpgp = { .context = NULL };
	struct openpgp_key *items = NULL;
	struct key_list keys = { .n = 0 };
	int r = openpgp_open(&openpgp, err);

	(void)request;
	if (r == 0)
		r = openpgp_import(&openpgp, FETCH_FD_DATA, err);
	if (r == 0)
		r = openpgp_list(&openpgp, arena, &items, &keys.n, err);
	if (r < 0)
		return r;
	if (keys.n == 0)
		return error_set(err, EBADMSG, "there is no usable OpenPGP key in it");
	keys.items = items;
	return report_line(fill_keys, &keys, err);
}
