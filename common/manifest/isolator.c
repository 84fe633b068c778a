/* SPDX-License-Identifier: Apache-2.0 */
#include "common/manifest/isolator.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/json/json_reader.h"
#include "common/json/json_writer.h"
#include "common/manifest/isolator_value.h"
#include "common/manifest/manifest_field.h"

/* What ace.md says of each: its value, how often, and what it excludes. */
struct rule {
	const char *name;
	enum isolator_kind kind;
	isolator_decoder *decode;
	bool once;
	enum isolator_kind excludes; /* ISOLATOR_UNKNOWN: nothing */
};

static const struct rule rules[] = {
	{ "resource/cpu", ISOLATOR_CPU, isolator_decode_cpu },
	{ "resource/memory", ISOLATOR_MEMORY, isolator_decode_memory },
	{ "resource/pids", ISOLATOR_PIDS, isolator_decode_pids },
	{ "resource/block-bandwidth", ISOLATOR_BLOCK_BANDWIDTH, isolator_decode_rate },
	{ "resource/block-iops", ISOLATOR_BLOCK_IOPS, isolator_decode_rate },
	{ "resource/network-bandwidth", ISOLATOR_NETWORK_BANDWIDTH, isolator_decode_rate },
	{ "os/linux/cpu-shares", ISOLATOR_CPU_SHARES, isolator_decode_cpu_shares, true },
	{ "os/linux/oom-score-adj", ISOLATOR_OOM_SCORE_ADJ, isolator_decode_oom_score_adj, true },
	{ "os/linux/capabilities-retain-set", ISOLATOR_CAPS_RETAIN, isolator_decode_capabilities,
	  false, ISOLATOR_CAPS_REMOVE },
	{ "os/linux/capabilities-remove-set", ISOLATOR_CAPS_REMOVE, isolator_decode_capabilities,
	  false, ISOLATOR_CAPS_RETAIN },
	{ "os/linux/seccomp-retain-set", ISOLATOR_SECCOMP_RETAIN, isolator_decode_seccomp, true,
	  ISOLATOR_SECCOMP_REMOVE },
	{ "os/linux/seccomp-remove-set", ISOLATOR_SECCOMP_REMOVE, isolator_decode_seccomp, true,
	  ISOLATOR_SECCOMP_RETAIN },
	{ "os/linux/no-new-privileges", ISOLATOR_NO_NEW_PRIVILEGES, isolator_decode_flag },
	{ "os/linux/selinux-context", ISOLATOR_SELINUX_CONTEXT, isolator_decode_selinux_context,
	  true },
	{ "os/linux/apparmor-profile", ISOLATOR_APPARMOR_PROFILE, isolator_decode_apparmor_profile,
	  true },
	{ "os/unix/sysctl", ISOLATOR_SYSCTL, isolator_decode_sysctl, true },
	{ "os/unix/rlimits", ISOLATOR_RLIMITS, isolator_decode_rlimits, true },
};

static const struct rule *find_rule(enum isolator_kind kind, const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
		if (name != NULL ? strcmp(rules[i].name, name) == 0 : rules[i].kind == kind)
			return &rules[i];
	}
	return NULL;
}

static int keep_json(struct json_decoder *decoder, const struct json_value *value,
		     struct isolator *isolator)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text };

	json_put_value(&writer, NULL, value);
	if (json_writer_finish(&writer) < 0)
		return json_no_memory(decoder);
	isolator->json = arena_string(decoder->arena, text_string(&text));
	return isolator->json != NULL ? 0 : json_no_memory(decoder);
}

static int decode_value(struct json_decoder *decoder, const char *name,
			const struct json_value *value, struct isolator *ret)
{
	const struct rule *rule = find_rule(ISOLATOR_UNKNOWN, name);
	struct isolator isolator = { .name = name };
	int r = keep_json(decoder, value, &isolator);

	if (r < 0)
		return r;
	if (rule != NULL) {
		isolator.kind = rule->kind;
		r = rule->decode(decoder, value, &isolator);
		if (r < 0)
			return r;
	}
	*ret = isolator;
	return 0;
}

struct named_value {
	const char *name;
	struct json_value value;
};

static int decode_any(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	(void)decoder;
	*(struct json_value *)member = *value;
	return 0;
}

static const struct json_field named_value_fields[] = {
	{ .name = "name",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct named_value, name),
	  .check = field_check_identifier },
	{ .name = "value",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct named_value, value),
	  .decode = decode_any },
};

static const struct json_table named_value_table =
    JSON_TABLE(struct named_value, named_value_fields);

static int decode_item(struct json_decoder *decoder, const struct json_value *value,
		       struct isolator *ret)
{
	struct named_value got = { 0 };
	int r = json_decode(decoder, value, &named_value_table, &got);

	if (r < 0)
		return r;
	/* The isolator's name says more to a reader than the word "value". */
	json_enter_field(decoder, got.name);
	r = decode_value(decoder, got.name, &got.value, ret);
	json_leave(decoder);
	return r;
}

int isolators_decode(struct json_decoder *decoder, const struct json_value *value,
		     const struct isolator **ret_items, size_t *ret_n)
{
	struct isolator *items;
	struct error conflict = { 0 };
	int r = 0;

	if (value->kind == JSON_VALUE_NULL ||
	    (value->kind == JSON_VALUE_ARRAY && value->array.n == 0))
		return 0;
	if (value->kind != JSON_VALUE_ARRAY)
		return json_refuse_kind(decoder, value, "an array");
	items = arena_array(decoder->arena, value->array.n, struct isolator);
	if (items == NULL)
		return json_no_memory(decoder);
	for (size_t i = 0; i < value->array.n && r == 0; i++) {
		json_enter_item(decoder, i);
		r = decode_item(decoder, &value->array.items[i], &items[i]);
		json_leave(decoder);
	}
	if (r < 0)
		return r;
	if (isolators_check(items, value->array.n, &conflict) < 0)
		return json_refuse(decoder, "%s", conflict.text);
	*ret_items = items;
	*ret_n = value->array.n;
	return 0;
}

int isolator_parse(struct arena *arena, const char *name, const char *json, struct isolator *ret,
		   struct error *err)
{
	struct error local;
	struct error *told = err != NULL ? err : &local;
	struct json_decoder decoder = { .arena = arena, .place = name, .err = told };
	const struct json_source source = { .text = json, .length = strlen(json), .place = name };
	struct json_value value;
	const char *kept;
	int r;

	if (!name_is_ac_identifier(name)) {
		decoder.place = "isolator";
		return json_refuse_string(&decoder, name, "not an AC Identifier");
	}
	r = json_read(arena, &source, &value, told);
	if (r < 0)
		return r;
	kept = arena_string(arena, name);
	if (kept == NULL)
		return json_no_memory(&decoder);
	return decode_value(&decoder, kept, &value, ret);
}

int isolators_check(const struct isolator *items, size_t n, struct error *err)
{
	uint64_t seen = 0; /* bit: enum isolator_kind */

	for (size_t i = 0; i < n; i++) {
		const struct rule *rule =
		    items[i].kind == ISOLATOR_UNKNOWN ? NULL : find_rule(items[i].kind, NULL);

		if (rule == NULL)
			continue;
		if (rule->once && (seen & (UINT64_C(1) << rule->kind)) != 0)
			return error_set(err, EINVAL, "%s is given twice", rule->name);
		if (rule->excludes != ISOLATOR_UNKNOWN &&
		    (seen & (UINT64_C(1) << rule->excludes)) != 0)
			return error_set(err, EINVAL, "%s and %s exclude each other",
					 find_rule(rule->excludes, NULL)->name, rule->name);
		seen |= UINT64_C(1) << rule->kind;
	}
	return 0;
}

const struct isolator *isolators_last(const struct isolator *items, size_t n,
				      enum isolator_kind kind)
{
	for (size_t i = n; i > 0; i--) {
		if (items[i - 1].kind == kind)
			return &items[i - 1];
	}
	return NULL;
}
