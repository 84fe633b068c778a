/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/fetch_request.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_decoder.h"
#include "common/json/json_reader.h"
#include "stage0/fetch/fetch_protocol.h"

#define STRING(name_, member_)                                                                     \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRING,                                        \
		.offset = offsetof(struct fetch_request, member_)                                  \
	}

#define FLAG(name_, member_)                                                                       \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_BOOL,                                          \
		.offset = offsetof(struct fetch_request, member_)                                  \
	}

#define NUMBER(name_, member_)                                                                     \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_U64,                                           \
		.offset = offsetof(struct fetch_request, member_)                                  \
	}

static int decode_type(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	for (enum auth_type type = AUTH_BASIC; type <= AUTH_AWS; type++)
		if (value->kind == JSON_VALUE_STRING &&
		    strcmp(value->string, auth_type_name(type)) == 0) {
			*(enum auth_type *)member = type;
			return 0;
		}
	return json_refuse(decoder, "no type of credentials");
}

#define SECRET(name_, member_)                                                                     \
	{                                                                                          \
		.name = (name_), .kind = JSON_FIELD_STRING,                                        \
		.offset = offsetof(struct auth_entry, member_)                                     \
	}

static const struct json_field credentials_fields[] = {
	SECRET("domain", domain),
	{ .name = "type",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct auth_entry, type),
	  .decode = decode_type },
	SECRET("user", user),
	SECRET("password", password),
	SECRET("token", token),
	SECRET("accessKeyID", access_key_id),
	SECRET("secretAccessKey", secret_access_key),
	SECRET("awsRegion", aws_region),
	SECRET("awsService", aws_service),
};

static const struct json_table credentials_table =
    JSON_TABLE(struct auth_entry, credentials_fields);

static const struct json_field label_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct manifest_pair, name) },
	{ .name = "value",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct manifest_pair, value) },
};

static const struct json_table label_table = JSON_TABLE(struct manifest_pair, label_fields);

static const struct json_field fields[] = {
	{ .name = "operation",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct fetch_request, operation) },
	STRING("url", url),
	NUMBER("offset", offset),
	NUMBER("maxBytes", max_bytes),
	STRING("validator", validator),
	STRING("ifNoneMatch", if_none_match),
	STRING("name", name),
	{ .name = "labels",
	  .kind = JSON_FIELD_ARRAY,
	  .offset = offsetof(struct fetch_request, labels.items),
	  .n_offset = offsetof(struct fetch_request, labels.n),
	  .table = &label_table },
	{ .name = "fingerprints",
	  .kind = JSON_FIELD_STRINGS,
	  .offset = offsetof(struct fetch_request, fingerprints),
	  .n_offset = offsetof(struct fetch_request, n_fingerprints) },
	FLAG("allowHttp", policy.allow_http),
	FLAG("anyCertificate", policy.any_certificate),
	STRING("agent", policy.agent),
	{ .name = "credentials",
	  .kind = JSON_FIELD_OBJECT,
	  .offset = offsetof(struct fetch_request, credentials),
	  .table = &credentials_table },
};

static const struct json_table table = JSON_TABLE(struct fetch_request, fields);

int fetch_request_read(struct arena *arena, struct fetch_request *ret, struct error *err)
{
	auto_text struct text text = { 0 };
	struct fetch_request request = { .policy.agent = "rkt" };
	struct json_decoder decoder = { .arena = arena, .place = "request", .err = err };
	struct json_source source = { .place = "request" };
	struct json_value value;
	int r = file_read_fd(FETCH_FD_REQUEST, FETCH_REQUEST_MAX, &text);

	if (r < 0)
		return error_set(err, -r, "reading the request: %s", strerror(-r));
	source.text = text_string(&text);
	source.length = text.length;
	r = json_read(arena, &source, &value, err);
	if (r == 0)
		r = json_decode(&decoder, &value, &table, &request);
	if (r < 0)
		return r;
	*ret = request;
	ret->policy.max_bytes = request.max_bytes;
	ret->policy.credentials = request.credentials.domain != NULL ? &ret->credentials : NULL;
	return 0;
}
