/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json_value.h"

#include <string.h>
#include <strings.h>

const struct json_value *json_value_member(const struct json_value *value, const char *name)
{
	if (value->kind != JSON_VALUE_OBJECT)
		return NULL;
	for (size_t i = 0; i < value->object.n; i++) {
		if (strcmp(value->object.items[i].name, name) == 0)
			return &value->object.items[i].value;
	}
	return NULL;
}

const struct json_value *json_value_member_any_case(const struct json_value *value,
						    const char *name)
{
	if (value->kind != JSON_VALUE_OBJECT)
		return NULL;
	for (size_t i = value->object.n; i-- > 0;) {
		if (strcasecmp(value->object.items[i].name, name) == 0)
			return &value->object.items[i].value;
	}
	return NULL;
}

const char *json_kind_name(enum json_kind kind)
{
	switch (kind) {
	case JSON_VALUE_NULL:
		return "null";
	case JSON_VALUE_BOOL:
		return "true or false";
	case JSON_VALUE_INTEGER:
		return "a whole number";
	case JSON_VALUE_REAL:
		return "a number with a fraction";
	case JSON_VALUE_STRING:
		return "a string";
	case JSON_VALUE_ARRAY:
		return "an array";
	case JSON_VALUE_OBJECT:
		return "an object";
	}
	return "nothing";
}
