/* SPDX-License-Identifier: Apache-2.0 */
#include "docs/man/page.h"

#include <ctype.h>

void page_append_name(struct text *out, const char *name)
{
	for (; *name != '\0'; name++)
		(void)text_printf(out, "%s%c", *name == '-' ? "\\" : "", *name);
}

void page_write_title(const struct option_program *program, const char *page, const char *summary,
		      const char *version, struct text *out)
{
	(void)text_printf(out, ".\\\" Generated from %s's option tables.\n.TH ", program->name);
	for (const char *p = page; *p != '\0'; p++)
		(void)text_append_char(out, (char)toupper((unsigned char)*p));
	(void)text_printf(out, " 1 \"\" \"%s %s\" \"rkt\"\n.SH NAME\n", program->name, version);
	page_append_name(out, page);
	(void)text_printf(out, " \\- %s\n", summary);
}

void page_write_usage(const struct option_program *program, const struct option_command *command,
		      struct text *out)
{
	(void)text_printf(out, ".B %s ", program->name);
	page_append_name(out, command->name);
	(void)text_append(out, "\n");
	page_append_name(out, command->synopsis);
	(void)text_append(out, "\n");
}

void page_write_sets(const struct option_set *sets, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++) {
		if (n > 1)
			(void)text_printf(out, ".SS %s\n", sets[i].title);
		option_write_man(&sets[i], out);
	}
}
