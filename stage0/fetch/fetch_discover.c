/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch/fetch_discover.h"

#include <errno.h>

#include "common/json/json_decoder.h"
#include "stage0/fetch/fetch_call.h"
#include "stage0/fetch/fetch_parts.h"
#include "stage0/fetch/fetch_policy.h"
#include "stage0/fetch/fetch_protocol.h"

struct question {
	struct fetch_policy policy;
	const char *name;
	const struct manifest_pairs *labels;
};

static const struct json_field endpoint_fields[] = {
	{ .name = "image",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct fetch_endpoint, image) },
	{ .name = "signature",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct fetch_endpoint, signature) },
};

static const struct json_table endpoint_table = JSON_TABLE(struct fetch_endpoint, endpoint_fields);

static const struct json_field fields[] = {
	{ .name = "images",
	  .kind = JSON_FIELD_ARRAY,
	  .offset = offsetof(struct fetch_found, images),
	  .n_offset = offsetof(struct fetch_found, n_images),
	  .table = &endpoint_table },
	{ .name = "keys",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct fetch_found, keys),
	  .n_offset = offsetof(struct fetch_found, n_keys) },
	{ .name = "attempts",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct fetch_found, attempts),
	  .n_offset = offsetof(struct fetch_found, n_attempts) },
};

static const struct json_table table = JSON_TABLE(struct fetch_found, fields);

static void fill(struct json_writer *writer, const void *context)
{
	const struct question *question = context;

	json_put_string(writer, "name", question->name);
	json_put_u64(writer, "maxBytes", FETCH_PAGE_MAX);
	json_begin_array(writer, "labels");
	for (size_t i = 0; i < question->labels->n; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "name", question->labels->items[i].name);
		json_put_string(writer, "value", question->labels->items[i].value);
		json_end_object(writer);
	}
	json_end_array(writer);
	fetch_policy_write(&question->policy, writer);
}

static int ask(const struct fetch *fetch, const struct question *question, struct fetch_found *ret,
	       struct error *err)
{
	const struct fetch_call_input input = { .helper = fetch->helper,
						.operation = "discover",
						.fill = fill,
						.context = question,
						.data = FD_NONE,
						.signature = FD_NONE,
						.keys = FD_NONE };
	struct json_decoder decoder = { .arena = fetch->arena, .place = FETCH_PROGRAM, .err = err };
	auto_fetch_call struct fetch_call call = FETCH_CALL_NONE;
	struct json_value value;
	int r = fetch_call_start(&input, &call, err);

	if (r == 0)
		r = fetch_call_line(&call, fetch->arena, &value, err);
	if (r == 0)
		r = json_decode(&decoder, &value, &table, ret);
	return r < 0 ? r : fetch_call_finish(&call, NULL, err);
}

int fetch_discover(const struct fetch *fetch, const char *name, const struct manifest_pairs *labels,
		   struct fetch_found *ret, struct error *err)
{
	struct question question = { .name = name, .labels = labels };
	struct fetch_found found = { .n_images = 0 };
	int r = fetch_policy_read(fetch, name, &question.policy, err);

	if (r == 0)
		r = ask(fetch, &question, &found, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < found.n_attempts; i++)
		(void)fetch_tell(fetch, true, "meta tag 'ac-discovery%s' not found on %s",
				 labels->n > 0 ? "" : "-pubkeys", found.attempts[i]);
	if ((labels->n > 0 ? found.n_images : found.n_keys) == 0)
		return error_set(err, ENOENT, "found no ACI meta tags");
	*ret = found;
	return 0;
}
