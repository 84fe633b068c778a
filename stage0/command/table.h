/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - rows of text in columns, as rkt prints them: separated by tabs, as many as it
 * takes for the columns to stand below one another.
 *
 * What pods and images brought along is shown without control characters.
 * Columns are characters of UTF-8, not bytes.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/text.h"

#define TABLE_MAX_COLUMNS 9

struct table {
	struct arena *arena;
	size_t n_columns;
	const char *(*rows)[TABLE_MAX_COLUMNS];
	size_t n_rows, capacity;
	size_t max_width; /* wider cells are cut until a row fits; 0: never */
};

/* Of the terminal that stdout is; 0: it is none. */
size_t table_terminal_width(void);

/* Adds n_columns cells; they must live as long as the table.  -ENOMEM. */
int table_add(struct table *table, const char *const *cells) MUST_CHECK;

/* -ENOMEM. */
int table_write(const struct table *table, struct text *out) MUST_CHECK;
