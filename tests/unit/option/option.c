/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "common/base/cleanup.h"
#include "common/option/option.h"
#include "tests/unit/test.h"

struct values {
	bool debug;
	const char *name;
	struct option_list envs;
	struct option_list gids;
	uint64_t count;
	uint64_t grace_ms;
	const char *net;
	const char *format;
	char seen[256];
};

static int note(void *target, const struct option_spec *spec, const char *value, struct error *err)
{
	struct values *values = target;
	size_t used = strlen(values->seen);

	if (strcmp(value, "bad") == 0)
		return error_set(err, EINVAL, "a bad value");
	(void)snprintf(values->seen + used, sizeof(values->seen) - used, "[%s=%s]", spec->name,
		       value);
	return 0;
}

static int positional(void *context, const char *argument, struct error *err)
{
	(void)err;
	return note(context, &(struct option_spec){ .name = "arg" }, argument, NULL);
}

static const char *const formats[] = { "json", "json-pretty", NULL };

static const struct option_spec specs[] = {
	{ "debug", 'd', OPTION_FLAG, offsetof(struct values, debug) },
	{ "name", 'n', OPTION_TEXT, offsetof(struct values, name) },
	{ "env", 0, OPTION_LIST, offsetof(struct values, envs) },
	{ "gids", 0, OPTION_SPLIT, offsetof(struct values, gids) },
	{ "count", 0, OPTION_U64, offsetof(struct values, count) },
	{ "grace", 0, OPTION_DURATION, offsetof(struct values, grace_ms) },
	{ "net", 0, OPTION_TEXT, offsetof(struct values, net), .implied = "default" },
	{ "format", 0, OPTION_TEXT, offsetof(struct values, format), .choices = formats },
	{ "note", 0, OPTION_CUSTOM, .set = note },
	{ "flag", 'f', OPTION_FLAG, .set = note },
};

#define ARGUMENTS(...) (char *[]){ __VA_ARGS__ }, (int)ARRAY_LENGTH(((char *[]){ __VA_ARGS__ }))

static int parse(struct values *values, char *const argv[], int argc, struct error *err)
{
	static struct arena arena;
	struct option_set set = { "Options", specs, ARRAY_LENGTH(specs), values };
	struct option_input input = { &set, 1, &arena, positional, values, false };
	int used = -1;
	int r = option_parse(&input, argc, argv, &used, err);

	return r < 0 ? r : used;
}

TEST(values_come_with_and_without_an_equals_sign)
{
	struct values v = { 0 };
	struct error err = { 0 };

	check_int(
	    parse(&v, ARGUMENTS("--name=a", "--name", "b", "--env", "X=1", "--env=Y=2"), &err), 6);
	check_text(v.name, "b");
	check_uint(v.envs.n, 2);
	check_text(v.envs.items[0], "X=1");
	check_text(v.envs.items[1], "Y=2");
	check_true(v.envs.items[2] == NULL);
}

TEST(a_flag_takes_a_value_only_after_an_equals_sign)
{
	struct values v = { .debug = true };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("--debug=false"), &err), 1);
	check_true(!v.debug);
	check_int(parse(&v, ARGUMENTS("--debug", "false"), &err), 2);
	check_true(v.debug);
	check_text(v.seen, "[arg=false]");
	check_int(parse(&v, ARGUMENTS("--debug=perhaps"), &err), -EINVAL);
	check_contains(err.text, "--debug: \"perhaps\"");
}

TEST(options_and_arguments_keep_their_order)
{
	struct values v = { 0 };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("one", "--note=1", "two", "--note", "2", "-f", "-"), &err),
		  7);
	check_text(v.seen, "[arg=one][note=1][arg=two][note=2][flag=true][arg=-]");
}

TEST(a_double_dash_ends_the_options)
{
	struct values v = { 0 };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("one", "--", "--note=1"), &err), 2);
	check_text(v.seen, "[arg=one]");
}

TEST(unknown_options_are_named)
{
	struct values v = { 0 };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("--nam=x"), &err), -EINVAL);
	check_text(err.text, "unknown option --nam");
	check_int(parse(&v, ARGUMENTS("--names"), &err), -EINVAL);
	check_text(err.text, "unknown option --names");
	check_int(parse(&v, ARGUMENTS("-debug"), &err), -EINVAL);
	check_text(err.text, "unknown option -debug: long ones take two dashes");
	check_int(parse(&v, ARGUMENTS("-x"), &err), -EINVAL);
	check_text(err.text, "unknown option -x");
	check_int(parse(&v, ARGUMENTS("--=x"), &err), -EINVAL);
}

TEST(short_options_take_their_value_joined_or_apart)
{
	struct values v = { 0 };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("-d", "-na"), &err), 2);
	check_true(v.debug);
	check_text(v.name, "a");
	check_int(parse(&v, ARGUMENTS("-n", "b"), &err), 2);
	check_text(v.name, "b");
	check_int(parse(&v, ARGUMENTS("-n=c"), &err), 1);
	check_text(v.name, "c");
}

TEST(a_missing_value_is_an_error_unless_one_is_implied)
{
	struct values v = { 0 };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("--name"), &err), -EINVAL);
	check_text(err.text, "--name: a value is missing");
	check_int(parse(&v, ARGUMENTS("--net", "host"), &err), 2);
	check_text(v.net, "default");
	check_text(v.seen, "[arg=host]");
	check_int(parse(&v, ARGUMENTS("--net=host"), &err), 1);
	check_text(v.net, "host");
}

TEST(numbers_lists_and_choices_are_checked)
{
	struct values v = { .count = 7 };
	struct error err = { 0 };

	check_int(parse(&v, ARGUMENTS("--gids=1,2,,4"), &err), 1);
	check_uint(v.gids.n, 4);
	check_text(v.gids.items[2], "");
	check_text(v.gids.items[3], "4");
	check_int(parse(&v, ARGUMENTS("--count=-1"), &err), -EINVAL);
	check_int(parse(&v, ARGUMENTS("--count=99999999999999999999"), &err), -ERANGE);
	check_uint(v.count, 7);
	check_int(parse(&v, ARGUMENTS("--format=xml"), &err), -EINVAL);
	check_contains(err.text, "--format: \"xml\"");
	check_int(parse(&v, ARGUMENTS("--format=json"), &err), 1);
	check_int(parse(&v, ARGUMENTS("--note=bad"), &err), -EINVAL);
	check_text(err.text, "--note: a bad value");
}

TEST(a_positional_argument_can_end_the_options)
{
	struct values v = { 0 };
	struct error err = { 0 };
	struct option_set set = { "Options", specs, ARRAY_LENGTH(specs), &v };
	struct option_input input = { &set, 1, .stop_at_positional = true };
	int used = -1;

	check_int(option_parse(&input, 3, (char *[]){ "--debug", "run", "--unknown" }, &used, &err),
		  0);
	check_int(used, 1);
	input.stop_at_positional = false;
	check_int(option_parse(&input, 1, (char *[]){ "run" }, &used, &err), -EINVAL);
	check_text(err.text, "unexpected argument \"run\"");
}

TEST(durations_are_read_as_go_writes_them)
{
	static const struct {
		const char *text;
		uint64_t ms;
		int r;
	} cases[] = {
		{ "0", 0, 0 },
		{ "0s", 0, 0 },
		{ "1h30m", 5400000, 0 },
		{ "300ms", 300, 0 },
		{ "1.5s", 1500, 0 },
		{ "1000us", 1, 0 },
		{ ".5s", 500, 0 },
		{ "24h0m0s", 86400000, 0 },
		{ "", 0, -EINVAL },
		{ "5", 0, -EINVAL },
		{ "s", 0, -EINVAL },
		{ ".s", 0, -EINVAL },
		{ "-1s", 0, -EINVAL },
		{ "1 s", 0, -EINVAL },
		{ "99999999999999999999s", 0, -ERANGE },
		{ "9999999999h", 0, -ERANGE },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t ms = 12345;

		ck_assert_msg(option_parse_duration(cases[i].text, &ms) == cases[i].r, "%s",
			      cases[i].text);
		check_uint(ms, cases[i].r == 0 ? cases[i].ms : 12345);
	}
}
