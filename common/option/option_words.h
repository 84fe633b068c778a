/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_words.h - the pieces of text that help and man page share; for this room only.
 */
#pragma once

#include "common/base/text.h"
#include "common/option/option.h"

/* "=PATH", "[=NET]" for an option with an implied value, nothing for a flag. */
void option_write_value(const struct option_spec *spec, struct text *out);

/* The help with its choices and its default. */
void option_write_words(const struct option_spec *spec, struct text *out);

/* True when a set has nothing to show. */
bool option_set_is_hidden(const struct option_set *set);
