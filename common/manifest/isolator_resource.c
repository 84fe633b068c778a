/* SPDX-License-Identifier: Apache-2.0 */
/* Isolators that are amounts: resource/…, cpu-shares, oom-score-adj. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/manifest/isolator_value.h"
#include "common/manifest/quantity.h"

struct amounts {
	bool is_default;
	struct json_value request; /* null: not given */
	struct json_value limit;
};

static int decode_amount(struct json_decoder *decoder, const struct json_value *value, void *member)
{
	if (value->kind != JSON_VALUE_STRING && value->kind != JSON_VALUE_INTEGER &&
	    value->kind != JSON_VALUE_REAL)
		return json_refuse_kind(decoder, value, "a quantity");
	*(struct json_value *)member = *value;
	return 0;
}

static const struct json_field amounts_fields[] = {
	{ .name = "default",
	  .kind = JSON_FIELD_BOOL,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct amounts, is_default) },
	{ .name = "request",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct amounts, request),
	  .decode = decode_amount },
	{ .name = "limit",
	  .kind = JSON_FIELD_CUSTOM,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct amounts, limit),
	  .decode = decode_amount },
};

static const struct json_table amounts_table = JSON_TABLE(struct amounts, amounts_fields);

typedef int quantity_parser(const char *text, uint64_t *ret);

static int parse_amount(struct json_decoder *decoder, const struct json_value *value,
			quantity_parser *parse, uint64_t *ret)
{
	char digits[40];
	const char *text = digits;
	int r;

	if (value->kind == JSON_VALUE_STRING)
		text = value->string;
	else if (value->kind == JSON_VALUE_INTEGER)
		(void)snprintf(digits, sizeof(digits), "%" PRId64, value->integer);
	else /* all digits that a double keeps of what was written, and no others */
		(void)snprintf(digits, sizeof(digits), "%.15g", value->real);
	r = parse(text, ret);
	if (r == -ERANGE)
		return json_refuse_string(decoder, text, "too large");
	return r < 0 ? json_refuse_string(decoder, text, "not a quantity (500m, 1.5, 128Mi …)") : 0;
}

static int parse_request(struct json_decoder *decoder, const struct amounts *amounts,
			 quantity_parser *parse, struct isolator_quantity *quantity)
{
	int r;

	if (amounts->request.kind == JSON_VALUE_NULL)
		return 0;
	json_enter_field(decoder, "request");
	r = parse_amount(decoder, &amounts->request, parse, &quantity->request);
	json_leave(decoder);
	quantity->has_request = r == 0;
	return r;
}

static int parse_limit(struct json_decoder *decoder, const struct amounts *amounts,
		       quantity_parser *parse, struct isolator_quantity *quantity)
{
	int r;

	if (amounts->limit.kind == JSON_VALUE_NULL)
		return 0;
	json_enter_field(decoder, "limit");
	r = parse_amount(decoder, &amounts->limit, parse, &quantity->limit);
	if (r == 0 && quantity->limit == 0)
		r = json_refuse(decoder, "a limit of 0 lets nothing run");
	json_leave(decoder);
	quantity->has_limit = r == 0;
	return r;
}

static int decode_quantity(struct json_decoder *decoder, const struct json_value *value,
			   quantity_parser *parse, struct isolator_quantity *ret)
{
	struct amounts amounts = { .is_default = false };
	struct isolator_quantity quantity = { .has_limit = false };
	int r = json_decode(decoder, value, &amounts_table, &amounts);

	if (r == 0)
		r = parse_request(decoder, &amounts, parse, &quantity);
	if (r == 0)
		r = parse_limit(decoder, &amounts, parse, &quantity);
	if (r < 0)
		return r;
	if (quantity.has_request && quantity.has_limit && quantity.request > quantity.limit)
		return json_refuse(decoder, "the request is above the limit");
	quantity.is_default = amounts.is_default;
	*ret = quantity;
	return 0;
}

static int decode_request_and_limit(struct json_decoder *decoder, const struct json_value *value,
				    quantity_parser *parse, struct isolator *ret)
{
	int r = decode_quantity(decoder, value, parse, &ret->quantity);

	if (r < 0)
		return r;
	if (ret->quantity.is_default)
		return json_refuse(decoder, "default must be false");
	if (!ret->quantity.has_request && !ret->quantity.has_limit)
		return json_refuse(decoder, "neither request nor limit");
	return 0;
}

int isolator_decode_cpu(struct json_decoder *decoder, const struct json_value *value,
			struct isolator *ret)
{
	return decode_request_and_limit(decoder, value, quantity_parse_milli, ret);
}

int isolator_decode_memory(struct json_decoder *decoder, const struct json_value *value,
			   struct isolator *ret)
{
	return decode_request_and_limit(decoder, value, quantity_parse, ret);
}

static int decode_limit_only(struct json_decoder *decoder, const struct json_value *value,
			     struct isolator *ret)
{
	int r = decode_quantity(decoder, value, quantity_parse, &ret->quantity);

	if (r < 0)
		return r;
	if (ret->quantity.has_request)
		return json_refuse(decoder, "request has no meaning here");
	if (!ret->quantity.has_limit)
		return json_refuse(decoder, "limit: missing");
	return 0;
}

int isolator_decode_pids(struct json_decoder *decoder, const struct json_value *value,
			 struct isolator *ret)
{
	int r = decode_limit_only(decoder, value, ret);

	if (r == 0 && ret->quantity.is_default)
		return json_refuse(decoder, "default must be false");
	return r;
}

int isolator_decode_rate(struct json_decoder *decoder, const struct json_value *value,
			 struct isolator *ret)
{
	int r = decode_limit_only(decoder, value, ret);

	if (r == 0 && !ret->quantity.is_default)
		return json_refuse(decoder, "default must be true");
	return r;
}

static int decode_number(struct json_decoder *decoder, const struct json_value *value, int64_t min,
			 int64_t max, struct isolator *ret)
{
	if (value->kind != JSON_VALUE_INTEGER)
		return json_refuse_kind(decoder, value, "a whole number");
	if (value->integer < min || value->integer > max)
		return json_refuse(decoder, "%" PRId64 ": not in %" PRId64 " … %" PRId64,
				   value->integer, min, max);
	ret->number = value->integer;
	return 0;
}

int isolator_decode_cpu_shares(struct json_decoder *decoder, const struct json_value *value,
			       struct isolator *ret)
{
	return decode_number(decoder, value, 2, 262144, ret);
}

int isolator_decode_oom_score_adj(struct json_decoder *decoder, const struct json_value *value,
				  struct isolator *ret)
{
	return decode_number(decoder, value, -1000, 1000, ret);
}
