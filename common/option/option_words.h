/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_words.h - the pieces of text that help, man page and completion share; for this room only.
 */
#pragma once

#include "common/base/text.h"
#include "common/option/option_text.h"

/* "=PATH", "[=NET]" for an option with an implied value, nothing for a flag. */
void option_write_value(const struct option_spec *spec, struct text *out);

/* The help with its choices and its default. */
void option_write_words(const struct option_spec *spec, struct text *out);

/* True when a set has nothing to show. */
bool option_set_is_hidden(const struct option_set *set);

/* "list" of "image list". */
const char *option_last_word(const struct option_command *command);

/* " run image …": the commands that are not hidden; " image/list image/rm …": those below them. */
void option_write_names(const struct option_program *program, struct text *out);
void option_write_pairs(const struct option_program *program, struct text *out);

/* The text, with the escape before each of the characters. */
void option_write_quoted(const char *text, const char *characters, char escape, struct text *out);
