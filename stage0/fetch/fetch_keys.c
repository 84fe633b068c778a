/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch/fetch_keys.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_decoder.h"
#include "stage0/fetch/fetch_call.h"
#include "stage0/fetch/fetch_get.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/trust/keystore.h"

struct report {
	const struct fetch_key *items;
	size_t n;
};

static const struct json_field key_fields[] = {
	{ .name = "fingerprint",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct fetch_key, fingerprint) },
	{ .name = "subkeys",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct fetch_key, subkeys),
	  .n_offset = offsetof(struct fetch_key, n_subkeys) },
	{ .name = "names",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct fetch_key, names),
	  .n_offset = offsetof(struct fetch_key, n_names) },
	{ .name = "armored",
	  .kind = JSON_FIELD_STRING,
	  .offset = offsetof(struct fetch_key, armored) },
};

static const struct json_table key_table = JSON_TABLE(struct fetch_key, key_fields);

static const struct json_field report_fields[] = {
	{ .name = "keys",
	  .kind = JSON_FIELD_ARRAY,
	  .flags = JSON_REQUIRED | JSON_NOT_EMPTY,
	  .offset = offsetof(struct report, items),
	  .n_offset = offsetof(struct report, n),
	  .table = &key_table },
};

static const struct json_table report_table = JSON_TABLE(struct report, report_fields);

/* One report of one line, into object. */
static int ask(const struct fetch *fetch, const struct fetch_call_input *input,
	       const struct json_table *table, void *object, struct error *err)
{
	struct json_decoder decoder = { .arena = fetch->arena, .place = FETCH_PROGRAM, .err = err };
	auto_fetch_call struct fetch_call call = FETCH_CALL_NONE;
	struct json_value value;
	int r = fetch_call_start(input, &call, err);

	if (r == 0)
		r = fetch_call_line(&call, fetch->arena, &value, err);
	if (r == 0)
		r = json_decode(&decoder, &value, table, object);
	return r < 0 ? r : fetch_call_finish(&call, NULL, err);
}

int fetch_keys_read(const struct fetch *fetch, int file, struct fetch_keys *ret, struct error *err)
{
	const struct fetch_call_input input = { .helper = fetch->helper,
						.operation = "keys",
						.data = file,
						.signature = FD_NONE,
						.keys = FD_NONE };
	struct report report = { .n = 0 };
	int r = ask(fetch, &input, &report_table, &report, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < report.n; i++)
		if (report.items[i].armored == NULL)
			return error_set(err, EPROTO, "%s says nonsense", FETCH_PROGRAM);
	*ret = (struct fetch_keys){ report.items, report.n };
	return 0;
}

int fetch_keys_get(const struct fetch *fetch, const char *url, struct fetch_keys *ret,
		   struct error *err)
{
	auto_close int file = FD_NONE;
	int r;

	if (strncmp(url, "https://", strlen("https://")) != 0 &&
	    (strncmp(url, "http://", strlen("http://")) != 0 || !fetch->allow_http))
		return error_set(err, EPERM, "%s: keys come over https only", url);
	r = fetch_get_small(fetch, url, FETCH_KEYS_MAX, &file, err);
	if (r == 202)
		return error_set(err, EREMOTEIO, "bad HTTP status code: %d", r);
	return r < 0 ? r : fetch_keys_read(fetch, file, ret, err);
}

static void fill_fingerprints(struct json_writer *writer, const void *context)
{
	const struct keyring *keyring = context;

	json_put_strings(writer, "fingerprints", keyring->fingerprints, keyring->n);
}

static int rewind_file(int fd, struct error *err)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_from_errno(err, "reading a file from its beginning");
	return 0;
}

static int tell_signer(const struct fetch *fetch, const struct fetch_key *signer, struct error *err)
{
	auto_text struct text text = { 0 };

	(void)text_append(&text, "signature verified:");
	for (size_t i = 0; i < signer->n_names; i++)
		(void)text_printf(&text, "\n  %s", signer->names[i]);
	if (text_status(&text) < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (fetch->tell != NULL && !fetch->quiet)
		fetch->tell(fetch->context, false, text_string(&text));
	return 0;
}

int fetch_verify(const struct fetch *fetch, const char *name, int file, int signature,
		 struct error *err)
{
	auto_keyring struct keyring keyring = KEYRING_NONE;
	struct fetch_call_input input = { .helper = fetch->helper,
					  .operation = "verify",
					  .fill = fill_fingerprints,
					  .context = &keyring,
					  .data = file,
					  .signature = signature };
	struct fetch_key signer = { .n_names = 0 };
	int r = keystore_load(fetch->arena, fetch->places, name, &keyring, err);

	if (r < 0)
		return r;
	if (keyring.n == 0)
		return error_set(err, ENOKEY,
				 "openpgp: signature made by unknown entity: no key is trusted for "
				 "%s; rkt trust adds one",
				 name);
	input.keys = keyring.keys;
	r = rewind_file(file, err);
	if (r == 0)
		r = rewind_file(signature, err);
	if (r == 0)
		r = ask(fetch, &input, &key_table, &signer, err);
	return r < 0 ? r : tell_signer(fetch, &signer, err);
}
