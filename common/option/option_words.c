/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option/option_words.h"

void option_write_value(const struct option_spec *spec, struct text *out)
{
	const char *name = spec->value_name != NULL ? spec->value_name : "VALUE";

	if (spec->kind == OPTION_FLAG)
		return;
	(void)text_printf(out, spec->implied != NULL ? "[=%s]" : "=%s", name);
}

void option_write_words(const struct option_spec *spec, struct text *out)
{
	(void)text_append(out, spec->help);
	for (size_t i = 0; spec->choices != NULL && spec->choices[i] != NULL; i++)
		(void)text_printf(out, "%s%s", i == 0 ? " One of: " : ", ", spec->choices[i]);
	if (spec->choices != NULL)
		(void)text_append_char(out, '.');
	if (spec->default_text != NULL)
		(void)text_printf(out, " Default: %s.", spec->default_text);
}

bool option_set_is_hidden(const struct option_set *set)
{
	for (size_t i = 0; i < set->n_specs; i++)
		if (!set->specs[i].hidden)
			return false;
	return true;
}
