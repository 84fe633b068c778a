/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_text.h"
#include "common/option/option_words.h"

/* Text for roff: a dash is a minus, a backslash and a leading point are not commands. */
static void append_roff(struct text *out, const char *words)
{
	if (words[0] == '.' || words[0] == '\'')
		(void)text_append(out, "\\&");
	for (; *words != '\0'; words++) {
		if (*words == '-')
			(void)text_append(out, "\\-");
		else if (*words == '\\')
			(void)text_append(out, "\\e");
		else
			(void)text_append_char(out, *words);
	}
}

static void write_option(const struct option_spec *spec, struct text *out)
{
	auto_text struct text value = { 0 };
	auto_text struct text words = { 0 };

	(void)text_append(out, ".TP\n");
	if (spec->letter != 0)
		(void)text_printf(out, "\\fB\\-%c\\fR, ", spec->letter);
	(void)text_append(out, "\\fB\\-\\-");
	append_roff(out, spec->name);
	(void)text_append(out, "\\fR");
	option_write_value(spec, &value);
	append_roff(out, text_string(&value));
	option_write_words(spec, &words);
	(void)text_append_char(out, '\n');
	append_roff(out, text_string(&words));
	(void)text_append_char(out, '\n');
}

void option_write_man(const struct option_set *set, struct text *out)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (!set->specs[i].hidden)
			write_option(&set->specs[i], out);
}
