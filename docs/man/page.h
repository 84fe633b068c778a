/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - the pieces that all man pages are made of (man(7) macros).
 *
 * Each function appends to out; text_status(out) tells whether it fitted.
 */
#pragma once

#include "common/option/option_text.h"

/* A name or a synopsis: its dashes are those of names, not hyphens. */
void page_append_name(struct text *out, const char *name);

/* The head of page "rkt-run": title and NAME.  version is that of the program. */
void page_write_title(const struct option_program *program, const char *page, const char *summary,
		      const char *version, struct text *out);

/* "rkt run [options] IMAGE…" for SYNOPSIS. */
void page_write_usage(const struct option_program *program, const struct option_command *command,
		      struct text *out);

/* The tables' options, each table with a heading when there are several. */
void page_write_sets(const struct option_set *sets, size_t n, struct text *out);
