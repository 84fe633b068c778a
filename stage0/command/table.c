/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/table.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TAB_WIDTH   8

/* Less of a cell tells nothing. */
#define LEAST_WIDTH 8

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

size_t table_terminal_width(void)
{
	struct winsize size = { 0 };

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t cell_width(const char *cell)
{
	size_t width = 0;

	for (; *cell != '\0'; cell++)
		width += starts_character(*cell);
	return width;
}

static size_t widest_cell(const struct table *table, size_t column)
{
	size_t widest = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		size_t width = cell_width(table->rows[i][column]);

		widest = width > widest ? width : widest;
	}
	return widest;
}

/* How the columns stand: as rkt prints them, or so that they fit the terminal. */
struct layout {
	size_t widest[TABLE_MAX_COLUMNS];
	bool dense; /* parted by two blanks, not by tabs */
};

/* At least one blank before the next column, up to the next tab stop. */
static size_t column_width(const struct layout *layout, size_t column)
{
	const size_t widest = layout->widest[column];

	return layout->dense ? widest + 2 : (widest + TAB_WIDTH) / TAB_WIDTH * TAB_WIDTH;
}

static size_t row_width(const struct layout *layout, size_t n)
{
	size_t width = layout->widest[n - 1];

	for (size_t i = 0; i + 1 < n; i++)
		width += column_width(layout, i);
	return width;
}

/* Takes from the widest column, again and again, as long as that helps. */
static void fit(const struct table *table, struct layout *layout)
{
	const size_t n = table->n_columns;

	layout->dense = table->max_width > 0 && row_width(layout, n) > table->max_width;
	while (layout->dense && row_width(layout, n) > table->max_width) {
		size_t at = 0;

		for (size_t i = 1; i < n; i++)
			if (layout->widest[i] >= layout->widest[at])
				at = i;
		if (layout->widest[at] <= LEAST_WIDTH)
			break;
		layout->widest[at]--;
	}
}

static void pad(const struct layout *layout, size_t column, size_t width, struct text *out)
{
	const size_t end = column_width(layout, column);

	while (width < end) {
		(void)text_append_char(out, layout->dense ? ' ' : '\t');
		width = layout->dense ? width + 1 : (width / TAB_WIDTH + 1) * TAB_WIDTH;
	}
}

/* What is cut off is shown by an ellipsis in its place. */
static void write_cell(const char *cell, size_t width, struct text *out)
{
	const bool is_cut = cell_width(cell) > width;
	size_t left = is_cut ? width - 1 : width;

	for (; *cell != '\0'; cell++) {
		unsigned char c = (unsigned char)*cell;

		if (starts_character(*cell) && left-- == 0)
			break;
		(void)text_append_char(out, (char)(c < ' ' || c == 0x7f ? '?' : c));
	}
	if (is_cut)
		(void)text_append(out, "…");
}

int table_write(const struct table *table, struct text *out)
{
	struct layout layout = { .dense = false };

	for (size_t column = 0; column < table->n_columns; column++)
		layout.widest[column] = widest_cell(table, column);
	fit(table, &layout);
	for (size_t row = 0; row < table->n_rows; row++) {
		for (size_t column = 0; column < table->n_columns; column++) {
			const char *cell = table->rows[row][column];
			const size_t width = cell_width(cell), widest = layout.widest[column];

			write_cell(cell, widest, out);
			if (column + 1 < table->n_columns)
				pad(&layout, column, width > widest ? widest : width, out);
		}
		(void)text_append_char(out, '\n');
	}
	return text_status(out);
}
