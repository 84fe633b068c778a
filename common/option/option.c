/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option.h"

#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/parse.h"

/* An option found: its entry and the struct it fills. */
struct found {
	const struct option_set *set;
	const struct option_spec *spec;
};

/* Where the parser stands in argv. */
struct cursor {
	const struct option_input *input;
	char *const *argv;
	int argc;
	int at;
};

int option_list_add(struct arena *arena, struct option_list *list, const char *value)
{
	if (list->n + 1 >= list->capacity) {
		size_t capacity = list->capacity > 0 ? 2 * list->capacity : 8;
		const char **grown = arena_array(arena, capacity, const char *);

		if (grown == NULL)
			return -ENOMEM;
		if (list->n > 0)
			memcpy(grown, list->items, list->n * sizeof(*grown));
		list->items = grown;
		list->capacity = capacity;
	}
	list->items[list->n++] = value;
	list->items[list->n] = NULL;
	return 0;
}

static bool is_choice(const struct option_spec *spec, const char *value)
{
	if (spec->choices == NULL)
		return true;
	for (size_t i = 0; spec->choices[i] != NULL; i++)
		if (strcmp(spec->choices[i], value) == 0)
			return true;
	return false;
}

static int store_flag(void *member, const char *value)
{
	int flag;
	int r = parse_bool(value, &flag);

	if (r == 0)
		*(bool *)member = flag != 0;
	return r;
}

static int store_split(struct arena *arena, struct option_list *list, const char *value)
{
	for (;;) {
		size_t length = strcspn(value, ",");
		const char *item = arena_bytes(arena, value, length);

		if (item == NULL || option_list_add(arena, list, item) < 0)
			return -ENOMEM;
		if (value[length] == '\0')
			return 0;
		value += length + 1;
	}
}

static int store_value(struct arena *arena, const struct option_spec *spec, void *member,
		       const char *value)
{
	switch (spec->kind) {
	case OPTION_FLAG:
		return store_flag(member, value);
	case OPTION_TEXT:
		*(const char **)member = value;
		return 0;
	case OPTION_LIST:
		return option_list_add(arena, member, value);
	case OPTION_SPLIT:
		return store_split(arena, member, value);
	case OPTION_U64:
		return parse_u64(value, UINT64_MAX, member);
	case OPTION_DURATION:
		return option_parse_duration(value, member);
	case OPTION_CUSTOM:
		break;
	}
	return -EINVAL;
}

/* Flags reach set() as "true" or "false", however they were written. */
static int call_set(const struct found *found, const char *value, struct error *err)
{
	int flag;

	if (found->spec->kind != OPTION_FLAG)
		return found->spec->set(found->set->target, found->spec, value, err);
	if (parse_bool(value, &flag) < 0)
		return error_set(err, EINVAL, "\"%s\" is neither true nor false", value);
	return found->spec->set(found->set->target, found->spec, flag ? "true" : "false", err);
}

int option_store(struct arena *arena, const struct option_spec *spec, void *target,
		 const char *value, struct error *err)
{
	int r = store_value(arena, spec, (char *)target + spec->offset, value);

	if (r == -ENOMEM)
		return error_set(err, ENOMEM, "out of memory");
	if (r < 0)
		return error_set(err, -r, "\"%s\" is not a valid value%s", value,
				 r == -ERANGE ? " (out of range)" : "");
	return 0;
}

static int apply(const struct cursor *cursor, const struct found *found, const char *value,
		 struct error *err)
{
	const struct option_spec *spec = found->spec;
	int r;

	if (!is_choice(spec, value))
		r = error_set(err, EINVAL, "\"%s\" is not a value it takes", value);
	else if (spec->set != NULL)
		r = call_set(found, value, err);
	else
		r = option_store(cursor->input->arena, spec, found->set->target, value, err);
	return r < 0 ? error_prefix(err, "--%s", spec->name) : 0;
}

static bool matches(const struct option_spec *spec, const char *name, size_t length)
{
	return strncmp(spec->name, name, length) == 0 && spec->name[length] == '\0';
}

/* length 0: name[0] is a letter. */
static bool find(const struct option_input *input, const char *name, size_t length,
		 struct found *ret)
{
	for (size_t i = 0; i < input->n_sets; i++) {
		const struct option_set *set = &input->sets[i];

		for (size_t j = 0; j < set->n_specs; j++) {
			const struct option_spec *spec = &set->specs[j];

			if (length == 0 ? spec->letter != name[0] : !matches(spec, name, length))
				continue;
			*ret = (struct found){ set, spec };
			return true;
		}
	}
	return false;
}

/* The value that follows as an argument of its own, or the implied one. */
static int take_value(struct cursor *cursor, const struct option_spec *spec, const char **ret,
		      struct error *err)
{
	if (spec->kind == OPTION_FLAG) {
		*ret = "true";
		return 0;
	}
	if (spec->implied != NULL) {
		*ret = spec->implied;
		return 0;
	}
	if (cursor->at >= cursor->argc)
		return error_set(err, EINVAL, "--%s: a value is missing", spec->name);
	*ret = cursor->argv[cursor->at++];
	return 0;
}

static int parse_long(struct cursor *cursor, const char *argument, struct error *err)
{
	const char *name = argument + 2;
	size_t length = strcspn(name, "=");
	struct found found = { 0 };
	const char *value = "";
	int r;

	if (length == 0 || !find(cursor->input, name, length, &found))
		return error_set(err, EINVAL, "unknown option --%.*s", (int)length, name);
	if (name[length] == '=')
		return apply(cursor, &found, name + length + 1, err);
	r = take_value(cursor, found.spec, &value, err);
	return r < 0 ? r : apply(cursor, &found, value, err);
}

static int parse_short(struct cursor *cursor, const char *argument, struct error *err)
{
	struct found found = { 0 };
	const char *value = argument + 2;
	int r;

	if (!find(cursor->input, argument + 1, 0, &found) ||
	    (found.spec->kind == OPTION_FLAG && value[0] != '\0'))
		return error_set(err, EINVAL,
				 value[0] == '\0' ? "unknown option %s"
						  : "unknown option %s: long ones take two dashes",
				 argument);
	if (value[0] != '\0')
		return apply(cursor, &found, value[0] == '=' ? value + 1 : value, err);
	r = take_value(cursor, found.spec, &value, err);
	return r < 0 ? r : apply(cursor, &found, value, err);
}

static int parse_positional(const struct option_input *input, const char *argument,
			    struct error *err)
{
	if (input->positional == NULL)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", argument);
	return input->positional(input->context, argument, err);
}

static int parse_one(struct cursor *cursor, const char *argument, struct error *err)
{
	if (argument[0] != '-' || argument[1] == '\0')
		return parse_positional(cursor->input, argument, err);
	if (argument[1] == '-')
		return parse_long(cursor, argument, err);
	return parse_short(cursor, argument, err);
}

int option_parse(const struct option_input *input, int argc, char *const argv[], int *ret_used,
		 struct error *err)
{
	struct cursor cursor = { .input = input, .argv = argv, .argc = argc };

	while (cursor.at < argc) {
		const char *argument = argv[cursor.at];
		int r;

		if (input->stop_at_positional && (argument[0] != '-' || argument[1] == '\0'))
			break;
		cursor.at++;
		if (strcmp(argument, "--") == 0)
			break;
		r = parse_one(&cursor, argument, err);
		if (r < 0)
			return r;
	}
	*ret_used = cursor.at;
	return 0;
}
