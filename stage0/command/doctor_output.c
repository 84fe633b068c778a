/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/doctor_output.h"

#include <string.h>

#include "common/json/json_writer.h"

/* The widest names of checks and states are shorter. */
enum { NAME_WIDTH = 22, STATE_WIDTH = 9 };

/* What programs of the machine say of themselves may not steer the terminal, nor end a line. */
static void append_safely(struct text *out, const char *text)
{
	for (; *text != '\0'; text++) {
		bool steers = (unsigned char)*text < ' ' || *text == 0x7f;

		(void)text_append_bytes(out, steers ? "?" : text, 1);
	}
}

static void append_cell(struct text *out, const char *text, size_t width)
{
	size_t length = strlen(text);

	append_safely(out, text);
	for (; length < width; length++)
		(void)text_append_char(out, ' ');
}

static void append_row(struct text *out, const struct examined_check *check)
{
	(void)text_append(out, "  ");
	append_cell(out, check->name, NAME_WIDTH);
	append_cell(out, check->state, STATE_WIDTH);
	append_safely(out, check->found);
	if (check->mend[0] != '\0') {
		(void)text_append(out, "\n    -> ");
		append_safely(out, check->mend);
	}
	(void)text_append_char(out, '\n');
}

int doctor_write_table(const struct examined *levels, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct examined *level = &levels[i];

		(void)text_append(out, i > 0 ? "\n" : "");
		if (level->pod != NULL)
			(void)text_printf(out, "pod %s (%s): %s\n", level->pod, level->isolator,
					  level->can_run ? "in order" : "NOT in order");
		else
			(void)text_printf(out, "%s: %s\n", level->isolator,
					  level->can_run ? "can run pods" : "CANNOT run pods");
		for (size_t j = 0; j < levels[i].n_checks; j++)
			append_row(out, &levels[i].checks[j]);
	}
	return text_status(out);
}

static void append_line(struct text *out, const struct examined *level,
			const struct examined_check *check)
{
	const char *const cells[] = { level->pod != NULL ? level->pod : level->isolator,
				      check->name, check->state, check->found, check->mend };

	for (size_t i = 0; i < ARRAY_LENGTH(cells); i++) {
		if (i > 0)
			(void)text_append_char(out, '\t');
		append_safely(out, cells[i]);
	}
	(void)text_append_char(out, '\n');
}

int doctor_write_lines(const struct examined *levels, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < levels[i].n_checks; j++)
			append_line(out, &levels[i], &levels[i].checks[j]);
	}
	return text_status(out);
}

static void put_level(struct json_writer *writer, const struct examined *level)
{
	json_begin_object(writer, NULL);
	if (level->pod != NULL)
		json_put_string(writer, "pod", level->pod);
	else
		json_put_string(writer, "stage1", level->stage1);
	json_put_string(writer, "isolator", level->isolator);
	json_put_bool(writer, level->pod != NULL ? "inOrder" : "canRun", level->can_run);
	json_begin_array(writer, "checks");
	for (size_t i = 0; i < level->n_checks; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "name", level->checks[i].name);
		json_put_string(writer, "state", level->checks[i].state);
		json_put_string(writer, "found", level->checks[i].found);
		json_put_string(writer, "mend", level->checks[i].mend);
		json_end_object(writer);
	}
	json_end_array(writer);
	json_end_object(writer);
}

int doctor_write_json(const struct examined *levels, size_t n, bool pretty, struct text *out)
{
	struct json_writer writer = { .out = out, .pretty = pretty };
	int r;

	json_begin_array(&writer, NULL);
	for (size_t i = 0; i < n; i++)
		put_level(&writer, &levels[i]);
	json_end_array(&writer);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}
