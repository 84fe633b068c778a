/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/json/json_writer.h"
#include "stage0/command/human_text.h"
#include "stage0/command/image.h"
#include "stage0/command/image_pending.h"
#include "stage0/command/report_output.h"
#include "stage0/command/table.h"
#include "stage0/store/store_list.h"

#define SHORT_ID (sizeof("sha512-") - 1 + 12)

struct list_options {
	const char *fields; /* comma-separated; NULL: default_fields */
	const char *sort;
	const char *order;
	const char *format;
	bool full;
	bool no_legend;
};

static const char default_fields[] = "id,name,size,importtime,lastused";

static const char *const formats[] = { "json", "json-pretty", NULL };
static const char *const orders[] = { "asc", "desc", NULL };

static const struct option_spec specs[] = {
	{ .name = "fields",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct list_options, fields),
	  .value_name = "FIELD,…",
	  .help = "which of id, name, size, importtime, lastused, latest to print",
	  .default_text = default_fields },
	{ .name = "sort",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct list_options, sort),
	  .value_name = "FIELD,…",
	  .help = "which fields to sort by",
	  .default_text = "importtime" },
	{ .name = "order",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct list_options, order),
	  .value_name = "ORDER",
	  .help = "smallest first or last",
	  .default_text = "asc",
	  .choices = orders },
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct list_options, format),
	  .value_name = "FORMAT",
	  .help = "print JSON instead of a table",
	  .choices = formats },
	{ .name = "full",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct list_options, full),
	  .help = "whole ids, times and sizes in bytes" },
	{ .name = "no-legend",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct list_options, no_legend),
	  .help = "no heading" },
};

/* An image of the store, ready to be compared and printed. */
struct line {
	struct store_entry entry;
	bool is_pending;  /* in the inbox, not in the store */
	const char *name; /* with ":version" */
};

struct lines {
	struct line *items;
	size_t n;
};

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_id(const struct line *a, const struct line *b)
{
	return strcmp(a->entry.record.id, b->entry.record.id);
}

static int by_name(const struct line *a, const struct line *b)
{
	return strcmp(a->name, b->name);
}

static int by_import_time(const struct line *a, const struct line *b)
{
	return compare_u64(a->entry.record.imported_ns, b->entry.record.imported_ns);
}

static int by_last_use(const struct line *a, const struct line *b)
{
	return compare_u64(a->entry.used_ns, b->entry.used_ns);
}

static int by_size(const struct line *a, const struct line *b)
{
	return compare_u64(a->entry.record.size_bytes, b->entry.record.size_bytes);
}

/* Whether an image was fetched without a version, as "the latest", is not noted. */
static int by_latest(const struct line *a, const struct line *b)
{
	(void)a;
	(void)b;
	return 0;
}

static const char *show_id(struct arena *arena, const struct line *line, bool full)
{
	return arena_bytes(arena, line->entry.record.id,
			   full ? strlen(line->entry.record.id) : SHORT_ID);
}

static const char *show_name(struct arena *arena, const struct line *line, bool full)
{
	(void)arena;
	(void)full;
	return line->name;
}

static const char *show_time(struct arena *arena, uint64_t ns, bool full)
{
	return full ? human_text_time(arena, ns) : human_text_age(arena, ns, human_text_now_ns());
}

static const char *show_import_time(struct arena *arena, const struct line *line, bool full)
{
	if (line->is_pending)
		return "pending";
	return show_time(arena, line->entry.record.imported_ns, full);
}

static const char *show_last_use(struct arena *arena, const struct line *line, bool full)
{
	return line->is_pending ? "never" : show_time(arena, line->entry.used_ns, full);
}

static const char *show_size(struct arena *arena, const struct line *line, bool full)
{
	uint64_t bytes = line->entry.record.size_bytes;

	return full ? arena_printf(arena, "%llu", (unsigned long long)bytes)
		    : human_text_size(arena, bytes);
}

static const char *show_latest(struct arena *arena, const struct line *line, bool full)
{
	(void)line;
	(void)full;
	return arena_string(arena, "false");
}

static const struct field {
	const char *name;
	const char *heading;
	const char *(*show)(struct arena *arena, const struct line *line, bool full);
	int (*compare)(const struct line *a, const struct line *b);
} all_fields[] = {
	{ "id", "ID", show_id, by_id },
	{ "name", "NAME", show_name, by_name },
	{ "importtime", "IMPORT TIME", show_import_time, by_import_time },
	{ "lastused", "LAST USED", show_last_use, by_last_use },
	{ "size", "SIZE", show_size, by_size },
	{ "latest", "LATEST", show_latest, by_latest },
};

#define N_FIELDS ARRAY_LENGTH(all_fields)

struct fields {
	const struct field *items[N_FIELDS];
	size_t n;
};

static int add_field(struct fields *fields, const char *name, struct error *err)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (strcmp(all_fields[i].name, name) != 0)
			continue;
		for (size_t other = 0; other < fields->n; other++)
			if (fields->items[other] == &all_fields[i])
				return error_set(err, EINVAL, "field \"%s\" given twice", name);
		fields->items[fields->n++] = &all_fields[i];
		return 0;
	}
	return error_set(err, EINVAL,
			 "unknown field \"%s\"; there are id, name, size, importtime, lastused, "
			 "latest",
			 name);
}

static int parse_fields(struct arena *arena, const char *text, struct fields *ret,
			struct error *err)
{
	char *rest = arena_string(arena, text), *name;
	int r = 0;

	if (rest == NULL)
		return error_set(err, ENOMEM, "out of memory");
	while (r == 0 && (name = strsep(&rest, ",")) != NULL)
		r = add_field(ret, name, err);
	return r;
}

struct order {
	struct fields fields;
	bool descending;
};

static int compare(const void *a, const void *b, void *context)
{
	const struct order *order = context;

	for (size_t i = 0; i < order->fields.n; i++) {
		int r = order->fields.items[i]->compare(a, b);

		if (r != 0)
			return order->descending ? -r : r;
	}
	return by_id(a, b);
}

static int add_lines(struct arena *arena, const struct store_entries *entries, bool are_pending,
		     struct lines *lines)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct store_record *record = &entries->items[i].record;
		const char *version = manifest_pairs_get(&record->labels, "version");
		struct line *line = &lines->items[lines->n];

		line->entry = entries->items[i];
		line->is_pending = are_pending;
		line->name = version == NULL ? record->name
					     : arena_printf(arena, "%s:%s", record->name, version);
		if (line->name == NULL)
			return -ENOMEM;
		lines->n++;
	}
	return 0;
}

static int make_lines(struct arena *arena, const struct store_entries *stored,
		      const struct store_entries *pending, struct lines *ret)
{
	int r;

	ret->n = 0;
	ret->items = arena_array(arena, stored->n + pending->n + 1, struct line);
	if (ret->items == NULL)
		return -ENOMEM;
	r = add_lines(arena, stored, false, ret);
	return r < 0 ? r : add_lines(arena, pending, true, ret);
}

static int write_table(struct arena *arena, const struct lines *lines, const struct fields *fields,
		       const struct list_options *options, struct text *out)
{
	struct table table = {
		.arena = arena,
		.n_columns = fields->n,
		.max_width = options->full ? 0 : table_terminal_width(),
	};
	const char *cells[TABLE_MAX_COLUMNS];
	int r = 0;

	for (size_t i = 0; i < fields->n; i++)
		cells[i] = fields->items[i]->heading;
	if (!options->no_legend)
		r = table_add(&table, cells);
	for (size_t line = 0; line < lines->n && r == 0; line++) {
		for (size_t i = 0; i < fields->n; i++) {
			cells[i] =
			    fields->items[i]->show(arena, &lines->items[line], options->full);
			if (cells[i] == NULL)
				return -ENOMEM;
		}
		r = table_add(&table, cells);
	}
	return r < 0 ? r : table_write(&table, out);
}

static int write_json(const struct lines *lines, const char *format, struct text *out)
{
	struct json_writer writer = { .out = out, .pretty = report_is_pretty(format) };
	int r;

	json_begin_array(&writer, NULL);
	for (size_t i = 0; i < lines->n; i++) {
		const struct store_entry *entry = &lines->items[i].entry;

		json_begin_object(&writer, NULL);
		json_put_string(&writer, "id", entry->record.id);
		json_put_string(&writer, "name", lines->items[i].name);
		json_put_u64(&writer, "import_time", entry->record.imported_ns);
		json_put_u64(&writer, "last_used_time", entry->used_ns);
		json_put_u64(&writer, "size", entry->record.size_bytes);
		if (lines->items[i].is_pending)
			json_put_bool(&writer, "pending", true);
		json_end_object(&writer);
	}
	json_end_array(&writer);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}

static int read_options(struct arena *arena, const struct list_options *options,
			struct fields *ret_fields, struct order *ret_order, struct error *err)
{
	int r = parse_fields(arena, options->fields == NULL ? default_fields : options->fields,
			     ret_fields, err);

	if (r == 0)
		r = parse_fields(arena, options->sort == NULL ? "importtime" : options->sort,
				 &ret_order->fields, err);
	ret_order->descending = options->order != NULL && strcmp(options->order, "desc") == 0;
	return r;
}

static int run(const struct command_call *call, struct error *err)
{
	const struct list_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_text struct text out = { 0 };
	struct fields fields = { .n = 0 };
	struct order order = { .descending = false };
	struct store_entries entries = { .n = 0 }, pending = { .n = 0 };
	struct lines lines;
	int r;

	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[0]);
	r = read_options(call->arena, options, &fields, &order, err);
	if (r == 0)
		r = places_open(call, &places, err);
	if (r == 0)
		r = store_list(&places.store, call->arena, &entries, err);
	if (r == 0)
		r = image_pending_list(&places.store, call->arena, &pending, err);
	if (r < 0)
		return r;
	r = make_lines(call->arena, &entries, &pending, &lines);
	if (r == 0) {
		qsort_r(lines.items, lines.n, sizeof(*lines.items), compare, &order);
		r = options->format != NULL
			? write_json(&lines, options->format, &out)
			: write_table(call->arena, &lines, &fields, options, &out);
	}
	if (r < 0)
		return error_set(err, -r, "listing the images: %s", strerror(-r));
	(void)fputs(text_string(&out), stdout);
	return 0;
}

const struct command command_image_list = {
	.name = "list",
	.synopsis = "[options]",
	.summary = "lists the images of the store",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct list_options),
	.run = run,
};
