/* SPDX-License-Identifier: Apache-2.0 */
/* os/unix/rlimits: {"RLIMIT_NOFILE": {"soft": 1024, "hard": "unlimited"}, …}. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/manifest/isolator_value.h"

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

static int decode_bound(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	uint64_t *bound = member;

	if (value->kind == JSON_VALUE_INTEGER) {
		if (value->integer < 0)
			return json_refuse(decoder, "%" PRId64 ": below 0", value->integer);
		*bound = (uint64_t)value->integer;
		return 0;
	}
	if (value->kind != JSON_VALUE_STRING)
		return json_refuse_kind(decoder, value, "a number or \"unlimited\"");
	if (strcmp(value->string, "unlimited") == 0) {
		*bound = UINT64_MAX;
		return 0;
	}
	if (parse_u64(value->string, INT64_MAX, bound) < 0)
		return json_refuse_string(decoder, value->string, "neither a number nor unlimited");
	return 0;
}

static const struct json_field rlimit_fields[] = {
	{ .name = "soft",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct isolator_rlimit, soft),
	  .decode = decode_bound },
	{ .name = "hard",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct isolator_rlimit, hard),
	  .decode = decode_bound },
};

static const struct json_table rlimit_table = JSON_TABLE(struct isolator_rlimit, rlimit_fields);

static int decode_rlimit(struct json_decoder *decoder, const struct json_member *member,
			 struct isolator_rlimit *ret)
{
	int r;

	for (size_t i = 0; i < ARRAY_LENGTH(resources); i++) {
		if (strcmp(resources[i].name, member->name) != 0)
			continue;
		ret->name = resources[i].name;
		ret->resource = resources[i].resource;
		r = json_decode(decoder, &member->value, &rlimit_table, ret);
		if (r == 0 && ret->soft > ret->hard)
			r = json_refuse(decoder, "soft is above hard");
		return r;
	}
	return json_refuse(decoder, "no resource of getrlimit(2)");
}

int isolator_decode_rlimits(struct json_decoder *decoder, const struct json_value *value,
			    struct isolator *ret)
{
	struct isolator_rlimit *items;
	int r = 0;

	if (value->kind != JSON_VALUE_OBJECT)
		return json_refuse_kind(decoder, value, "an object");
	if (value->object.n == 0)
		return json_refuse(decoder, "empty");
	items = arena_array(decoder->arena, value->object.n, struct isolator_rlimit);
	if (items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->object.n && r == 0; i++) {
		json_enter_field(decoder, value->object.items[i].name);
		r = decode_rlimit(decoder, &value->object.items[i], &items[i]);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	ret->rlimits.items = items;
	ret->rlimits.n = value->object.n;
	return 0;
}
