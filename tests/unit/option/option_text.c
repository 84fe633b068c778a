/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_text.h"
#include "tests/unit/test.h"

static const char *const formats[] = { "json", "json-pretty", NULL };

static const struct option_spec specs[] = {
	{ "debug", 'd', OPTION_FLAG, .help = "Says more." },
	{ "dir", 0, OPTION_TEXT, .value_name = "DIR", .help = "The data directory.",
	  .default_text = "/var/lib/rkt", .completion = OPTION_COMPLETE_DIRECTORY },
	{ "a-rather-long-option-name", 0, OPTION_TEXT, .value_name = "VALUE",
	  .help = "A text that is long enough to need more than one line of the page, and more." },
	{ "net", 0, OPTION_TEXT, .value_name = "NET", .implied = "default", .help = "Networks." },
	{ "format", 0, OPTION_TEXT, .value_name = "FORMAT", .choices = formats, .help = "Output." },
	{ "secret", 0, OPTION_FLAG, .help = "Hidden.", .hidden = true },
};

static const struct option_set set = { "Options", specs, ARRAY_LENGTH(specs), NULL };
static const struct option_spec global_specs[] = { { "trust", 0, OPTION_FLAG, .help = "Trusts." } };
static const struct option_set global = { "Global options", global_specs, 1, NULL };
static const struct option_command commands[] = {
	{ "run", "[options] IMAGE", "runs a pod", &set, 1 },
	{ "generate", "", "hidden", NULL, 0, true },
};
static const struct option_command family_members[] = {
	{ "image list", "[options]", "lists images", &set, 1 },
	{ "image rm", "IMAGE…", "removes images", NULL, 0, .arguments = "image list",
	  .among = "old" },
};
static const struct option_command family_commands[] = {
	{ "run", "[options] IMAGE", "runs a pod", &set, 1 },
	{ "image", "COMMAND", "looks after images", NULL, 0, .subcommands = family_members,
	  .n_subcommands = 2 },
};
static const struct option_program family = { "rkt", "runs pods", family_commands, 2, &global };
static const struct option_program program = { "rkt", "runs pods", commands, 2, &global };

TEST(help_is_two_columns_within_eighty)
{
	auto_text struct text out = { 0 };

	option_write_help(&set, &out);
	check_text(text_string(&out),
		   "  -d, --debug               Says more.\n"
		   "      --dir=DIR             The data directory. Default: /var/lib/rkt.\n"
		   "      --a-rather-long-option-name=VALUE\n"
		   "                            A text that is long enough to need more than one\n"
		   "                            line of the page, and more.\n"
		   "      --net[=NET]           Networks.\n"
		   "      --format=FORMAT       Output. One of: json, json-pretty.\n");
}

TEST(the_help_of_a_command_has_usage_and_all_options)
{
	auto_text struct text out = { 0 };

	option_write_command_help(&program, &commands[0], &out);
	check_contains(text_string(&out),
		       "Usage: rkt run [options] IMAGE\n\nruns a pod.\n\nOptions:\n");
	check_contains(text_string(&out), "\nGlobal options:\n      --trust ");
}

TEST(the_help_of_a_program_lists_commands_that_are_not_hidden)
{
	auto_text struct text out = { 0 };

	option_write_program_help(&program, &out);
	check_contains(text_string(&out), "  run               runs a pod\n");
	check_true(strstr(text_string(&out), "generate") == NULL);
}

TEST(the_man_page_shows_the_same_options)
{
	auto_text struct text out = { 0 };

	option_write_man(&set, &out);
	check_contains(text_string(&out), ".TP\n\\fB\\-d\\fR, \\fB\\-\\-debug\\fR\nSays more.\n");
	check_contains(text_string(&out), "\\fB\\-\\-net\\fR[=NET]\n");
	check_true(strstr(text_string(&out), "secret") == NULL);
}

TEST(the_completion_offers_commands_options_and_values)
{
	auto_text struct text out = { 0 };

	option_write_bash(&program, &out);
	check_contains(text_string(&out), "local commands=\" run\"");
	check_contains(
	    text_string(&out),
	    "words=\" --debug --dir= --a-rather-long-option-name= --net= --format= $global\"");
	check_contains(text_string(&out), "compgen -W 'json json-pretty'");
	check_contains(text_string(&out), "complete -F _rkt rkt\n");
	check_true(strstr(text_string(&out), "secret") == NULL);
}

TEST(each_shell_has_a_completion)
{
	auto_text struct text fish = { 0 }, zsh = { 0 };

	option_find_completion("fish")(&family, &fish);
	check_contains(text_string(&fish), "contains -- $word run image; and");
	check_contains(text_string(&fish), "complete -c rkt -n '__rkt_is \"image\"' -a rm -d "
					   "'removes images'\n");
	check_contains(text_string(&fish), "complete -c rkt -n '__rkt_is \"run\"' -l format -x -a "
					   "'json json-pretty' -d 'Output.'\n");
	check_contains(text_string(&fish), "-a '(rkt image list 2>/dev/null | string match -e "
					   "\"old\" | cut -f1)'\n");
	check_true(strstr(text_string(&fish), "secret") == NULL);
	option_find_completion("zsh")(&family, &zsh);
	check_contains(text_string(&zsh), "\t\t'*--debug[Says more.]'\n\t\t'*-d[Says more.]'\n");
	check_contains(text_string(&zsh), "'*--format=[Output.]:FORMAT:(json json-pretty)'\n");
	check_contains(text_string(&zsh), "'*--net=-[Networks.]::NET: '\n");
	check_contains(text_string(&zsh), "'*--dir=[The data directory.]:DIR:_files -/'\n");
	check_true(strstr(text_string(&zsh), "secret") == NULL);
	check_true(option_find_completion("ksh") == NULL);
}

TEST(texts_of_options_are_sentences_and_columns_are_of_characters)
{
	static const struct option_spec loose[] = {
		{ "fields", 0, OPTION_TEXT, .value_name = "FIELD,…", .help = "what to print",
		  .default_text = "all" },
	};
	const struct option_set loose_set = { "Options", loose, 1, NULL };
	auto_text struct text out = { 0 };

	option_write_help(&loose_set, &out);
	check_text(text_string(&out), "      --fields=FIELD,…      What to print. Default: all.\n");
}

TEST(the_help_of_a_command_lists_its_subcommands)
{
	auto_text struct text out = { 0 };

	option_write_command_help(&family, &family_commands[1], &out);
	check_contains(text_string(&out), "Usage: rkt image COMMAND\n");
	check_contains(text_string(&out), "Commands:\n  image list        lists images\n");
}

TEST(the_completion_knows_subcommands_and_asks_for_arguments)
{
	auto_text struct text out = { 0 };

	option_write_bash(&family, &out);
	check_contains(text_string(&out), "pairs=\" image/list image/rm\"");
	check_contains(text_string(&out),
		       "'image')\n\t\tnames=1\n\t\twords=\"list rm $global\" ;;");
	check_contains(text_string(&out), "'image list')\n\t\twords=\" --debug ");
	check_contains(text_string(&out),
		       "arguments=$(rkt image list 2>/dev/null | grep 'old' | cut -f1)\n");
}
