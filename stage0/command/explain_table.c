/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/explain_table.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_writer.h"

enum { ASKED_WIDTH = 34, COLUMN_GAP = 2 };

/* One request of one app, whoever mentioned it first. */
struct row {
	const char *app, *request, *asked;
};

struct table {
	const struct explained *levels;
	size_t n_levels;
	struct row *rows;
	size_t n_rows;
	size_t app_width, request_width;
};

static const char *app_name(const char *app)
{
	return app != NULL ? app : "(pod)";
}

static bool is_row(const struct row *row, const struct explained_verdict *verdict)
{
	return strcmp(row->app, app_name(verdict->app)) == 0 &&
	       strcmp(row->request, verdict->request) == 0 &&
	       strcmp(row->asked, verdict->asked) == 0;
}

static size_t longer(size_t width, const char *text)
{
	size_t length = strlen(text);

	return length > width ? length : width;
}

static void add_row(struct table *table, const struct explained_verdict *verdict)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (is_row(&table->rows[i], verdict))
			return;
	table->rows[table->n_rows++] =
	    (struct row){ app_name(verdict->app), verdict->request, verdict->asked };
	table->app_width = longer(table->app_width, app_name(verdict->app));
	table->request_width = longer(table->request_width, verdict->request);
}

static int make_rows(struct arena *arena, struct table *table)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n_levels; i++)
		n += table->levels[i].n_verdicts;
	table->rows = arena_array(arena, n, struct row);
	if (table->rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_levels; i++)
		for (size_t j = 0; j < table->levels[i].n_verdicts; j++)
			add_row(table, &table->levels[i].verdicts[j]);
	return 0;
}

/* What a pod's author wrote may not steer the terminal. */
static void append_safely(struct text *out, const char *text, size_t limit)
{
	for (size_t i = 0; text[i] != '\0' && i < limit; i++) {
		bool steers = (unsigned char)text[i] < ' ' || text[i] == 0x7f;

		(void)text_append_bytes(out, steers ? "?" : &text[i], 1);
	}
}

static void append_cell(struct text *out, const char *text, size_t width)
{
	size_t start = out->length;
	bool cut = strlen(text) > width;

	append_safely(out, text, cut ? width - 3 : width);
	if (cut)
		(void)text_append(out, "...");
	while (out->length - start < width + COLUMN_GAP && text_status(out) == 0)
		(void)text_append_char(out, ' ');
}

static void end_line(struct text *out)
{
	while (out->length > 0 && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	(void)text_append_char(out, '\n');
}

static size_t level_width(const struct explained *level)
{
	return longer(strlen("enforced"), level->isolator);
}

static const char *find_verdict(const struct explained *level, const struct row *row)
{
	if (level->refusal != NULL)
		return "refused";
	for (size_t i = 0; i < level->n_verdicts; i++)
		if (is_row(row, &level->verdicts[i]))
			return level->verdicts[i].verdict;
	return "-";
}

static void write_head(const struct table *table, struct text *out)
{
	append_cell(out, "APP", table->app_width);
	append_cell(out, "REQUEST", table->request_width);
	append_cell(out, "ASKED", ASKED_WIDTH);
	for (size_t i = 0; i < table->n_levels; i++)
		append_cell(out, table->levels[i].isolator, level_width(&table->levels[i]));
	end_line(out);
}

static void write_row(const struct table *table, const struct row *row, struct text *out)
{
	append_cell(out, row->app, table->app_width);
	append_cell(out, row->request, table->request_width);
	append_cell(out, row->asked, ASKED_WIDTH);
	for (size_t i = 0; i < table->n_levels; i++)
		append_cell(out, find_verdict(&table->levels[i], row),
			    level_width(&table->levels[i]));
	end_line(out);
}

static void write_reason(const struct explained *level, const struct explained_verdict *verdict,
			 struct text *out)
{
	(void)text_printf(out, "%s: ", level->isolator);
	append_safely(out, app_name(verdict->app), SIZE_MAX);
	(void)text_append(out, ": ");
	append_safely(out, verdict->request, SIZE_MAX);
	(void)text_append_char(out, ' ');
	append_safely(out, verdict->asked, SIZE_MAX);
	(void)text_printf(out, ": %s: ", verdict->verdict);
	append_safely(out, verdict->detail, SIZE_MAX);
	(void)text_append_char(out, '\n');
}

static void write_reasons(const struct explained *level, struct text *out)
{
	if (level->refusal != NULL) {
		(void)text_printf(out, "%s cannot run this pod: ", level->isolator);
		append_safely(out, level->refusal, SIZE_MAX);
		(void)text_append_char(out, '\n');
	}
	for (size_t i = 0; i < level->n_verdicts; i++)
		if (strcmp(level->verdicts[i].verdict, "enforced") != 0)
			write_reason(level, &level->verdicts[i], out);
}

int explain_write_table(struct arena *arena, const struct explained *levels, size_t n,
			struct text *out)
{
	struct table table = { .levels = levels,
			       .n_levels = n,
			       .app_width = strlen("APP"),
			       .request_width = strlen("REQUEST") };
	size_t before;
	int r = make_rows(arena, &table);

	if (r < 0)
		return r;
	write_head(&table, out);
	for (size_t i = 0; i < table.n_rows; i++)
		write_row(&table, &table.rows[i], out);
	(void)text_append_char(out, '\n');
	before = out->length;
	for (size_t i = 0; i < n; i++)
		write_reasons(&levels[i], out);
	if (out->length == before)
		(void)text_append(out, "All that is asked for is enforced.\n");
	return text_status(out);
}

int explain_write_json(const struct explained *levels, size_t n, bool pretty, struct text *out)
{
	struct json_writer writer = { .out = out, .pretty = pretty };

	json_begin_object(&writer, NULL);
	json_begin_array(&writer, "levels");
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&writer, NULL);
		json_put_string(&writer, "stage1", levels[i].stage1);
		json_put_string(&writer, "isolator", levels[i].isolator);
		json_put_string(&writer, "refusal", levels[i].refusal);
		if (levels[i].refusal == NULL)
			json_put_value(&writer, "plan", &levels[i].plan);
		else
			json_put_null(&writer, "plan");
		json_end_object(&writer);
	}
	json_end_array(&writer);
	json_end_object(&writer);
	(void)text_append_char(out, '\n');
	return json_writer_finish(&writer);
}
