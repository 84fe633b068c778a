/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/table.h"

#include <string.h>

#define TAB_WIDTH 8

int table_add(struct table *table, const char *const *cells)
{
	if (table->n_rows == table->capacity) {
		size_t capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
		const char *(*rows)[TABLE_MAX_COLUMNS] =
		    arena_alloc(table->arena, capacity, sizeof(*rows));

		if (rows == NULL)
			return -ENOMEM;
		if (table->n_rows > 0)
			memcpy(rows, table->rows, table->n_rows * sizeof(*rows));
		table->rows = rows;
		table->capacity = capacity;
	}
	for (size_t i = 0; i < table->n_columns; i++)
		table->rows[table->n_rows][i] = cells[i];
	table->n_rows++;
	return 0;
}

static size_t width(const struct table *table, size_t column)
{
	size_t widest = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		size_t length = strlen(table->rows[i][column]);

		widest = length > widest ? length : widest;
	}
	/* At least one blank before the next column, up to the next tab stop. */
	return (widest + TAB_WIDTH) / TAB_WIDTH * TAB_WIDTH;
}

static void write_cell(const char *cell, struct text *out)
{
	for (; *cell != '\0'; cell++) {
		unsigned char c = (unsigned char)*cell;

		(void)text_append_char(out, (char)(c < ' ' || c == 0x7f ? '?' : c));
	}
}

int table_write(const struct table *table, struct text *out)
{
	size_t widths[TABLE_MAX_COLUMNS];

	for (size_t column = 0; column < table->n_columns; column++)
		widths[column] = width(table, column);
	for (size_t row = 0; row < table->n_rows; row++) {
		for (size_t column = 0; column < table->n_columns; column++) {
			const char *cell = table->rows[row][column];

			write_cell(cell, out);
			if (column + 1 == table->n_columns)
				break;
			for (size_t at = strlen(cell); at < widths[column];
			     at = (at / TAB_WIDTH + 1) * TAB_WIDTH)
				(void)text_append_char(out, '\t');
		}
		(void)text_append_char(out, '\n');
	}
	return text_status(out);
}
