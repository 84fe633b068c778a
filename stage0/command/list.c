/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list - the pods of this machine, and how they are.
 */
#include <stdio.h>
#include <string.h>

#include "stage0/command/human_text.h"
#include "stage0/command/places.h"
#include "stage0/command/report_output.h"
#include "stage0/command/table.h"

struct list_options {
	bool full;
	bool names;
	bool no_legend;
	const char *format;
};

static const char *const formats[] = { "json", "json-pretty", NULL };

static const struct option_spec specs[] = {
	{ .name = "full",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct list_options, full),
	  .help = "whole UUIDs and times, and the ids of images" },
	{ .name = "names",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct list_options, names),
	  .help = "one more column: the names that pods were given" },
	{ .name = "no-legend",
	  .kind = OPTION_FLAG,
	  .offset = offsetof(struct list_options, no_legend),
	  .help = "no heading" },
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct list_options, format),
	  .value_name = "FORMAT",
	  .help = "print JSON instead of a table",
	  .choices = formats },
};

struct listing {
	const struct places *places;
	struct arena *arena;
	enum pod_report_depth depth;
	bool names;
	struct pod_report *reports;
	size_t n, capacity;
};

static int make_room(struct listing *listing)
{
	size_t capacity = listing->capacity == 0 ? 64 : 2 * listing->capacity;
	struct pod_report *reports;

	if (listing->n < listing->capacity)
		return 0;
	reports = arena_array(listing->arena, capacity, struct pod_report);
	if (reports == NULL)
		return -ENOMEM;
	if (listing->n > 0)
		memcpy(reports, listing->reports, listing->n * sizeof(*reports));
	listing->reports = reports;
	listing->capacity = capacity;
	return 0;
}

static int add_pod(void *context, enum pod_home home, const char *uuid, struct error *err)
{
	struct listing *listing = context;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	struct error mine = { 0 };

	/* It has gone, or moved on to where it is met later. */
	if (pod_open(&listing->places->pods, home, uuid, &pod, &mine) < 0)
		return 0;
	if (make_room(listing) < 0)
		return error_set(err, ENOMEM, "listing the pods");
	if (pod_report_read(&pod, listing->depth, listing->arena, &listing->reports[listing->n],
			    err) < 0)
		return -err->code;
	if (listing->names &&
	    pod_report_read_name(&pod, listing->arena, &listing->reports[listing->n], err) < 0)
		return -err->code;
	listing->n++;
	return 0;
}

static int oldest_first(const void *a, const void *b)
{
	const struct pod_report *first = a, *second = b;

	if (first->created_ns != second->created_ns)
		return first->created_ns < second->created_ns ? -1 : 1;
	return strcmp(first->uuid.text, second->uuid.text);
}

/* A pod that moved on while the homes were read was met twice; the later state counts. */
static void drop_duplicates(struct listing *listing)
{
	size_t kept = 0;

	for (size_t i = 0; i < listing->n; i++) {
		if (kept > 0 && strcmp(listing->reports[i].uuid.text,
				       listing->reports[kept - 1].uuid.text) == 0)
			kept--;
		listing->reports[kept++] = listing->reports[i];
	}
	listing->n = kept;
}

static int collect(struct listing *listing, struct error *err)
{
	for (int home = 0; home < POD_HOMES; home++) {
		int r =
		    pods_visit(&listing->places->pods, (enum pod_home)home, add_pod, listing, err);

		if (r < 0)
			return r;
	}
	if (listing->n > 0)
		qsort(listing->reports, listing->n, sizeof(*listing->reports), oldest_first);
	drop_duplicates(listing);
	return 0;
}

static int add_row(struct table *table, const struct pod_report *report, size_t app, bool full)
{
	static const struct pod_report_app none = { .name = "-", .image = "-", .image_id = "-" };
	const struct pod_report_app *shown = app < report->n_apps ? &report->apps[app] : &none;
	struct arena *arena = table->arena;
	const char *cells[TABLE_MAX_COLUMNS] = { "", shown->name, shown->image, "", "",
						 "", "",          "",           "" };
	uint64_t now = human_text_now_ns();
	size_t n = 3;

	if (full)
		cells[n++] = arena_printf(arena, "%.19s", shown->image_id);
	if (app == 0) {
		cells[0] =
		    full ? report->uuid.text : arena_printf(arena, "%.8s", report->uuid.text);
		cells[n++] = pod_state_name(report->state);
		cells[n++] = full ? human_text_time(arena, report->created_ns)
				  : human_text_age(arena, report->created_ns, now);
		cells[n++] = full ? human_text_time(arena, report->started_ns)
				  : human_text_age(arena, report->started_ns, now);
		cells[n++] = report_networks(arena, report);
		cells[n] = report->name != NULL ? report->name : "";
	}
	for (size_t i = 0; i < ARRAY_LENGTH(cells); i++)
		if (cells[i] == NULL)
			return -ENOMEM;
	return table_add(table, cells);
}

static int write_table(const struct listing *listing, const struct list_options *options,
		       struct text *out)
{
	/* The names come last, where they are asked for: what reads the others need not know. */
	static const char *const short_heading[] = { "UUID",    "APP",     "IMAGE NAME", "STATE",
						     "CREATED", "STARTED", "NETWORKS",   "NAME" };
	static const char *const full_heading[] = { "UUID",     "APP",      "IMAGE NAME",
						    "IMAGE ID", "STATE",    "CREATED",
						    "STARTED",  "NETWORKS", "NAME" };
	size_t n_columns = options->full ? ARRAY_LENGTH(full_heading) : ARRAY_LENGTH(short_heading);
	struct table table = { .arena = listing->arena,
			       .max_width = options->full ? 0 : table_terminal_width(),
			       .n_columns = options->names ? n_columns : n_columns - 1 };
	int r = options->no_legend
		    ? 0
		    : table_add(&table, options->full ? full_heading : short_heading);

	for (size_t i = 0; i < listing->n && r == 0; i++) {
		const struct pod_report *report = &listing->reports[i];

		r = add_row(&table, report, 0, options->full);
		for (size_t app = 1; app < report->n_apps && r == 0; app++)
			r = add_row(&table, report, app, options->full);
	}
	return r < 0 ? r : table_write(&table, out);
}

static int write_json(const struct listing *listing, const char *format, struct text *out)
{
	struct json_writer writer = { .out = out, .pretty = report_is_pretty(format) };
	int r;

	json_begin_array(&writer, NULL);
	for (size_t i = 0; i < listing->n; i++)
		report_write_json(&writer, &listing->reports[i]);
	json_end_array(&writer);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}

static int run(const struct command_call *call, struct error *err)
{
	const struct list_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_text struct text out = { 0 };
	struct listing listing = {
		.places = &places,
		.arena = call->arena,
		.names = options->names,
		.depth = options->format != NULL ? POD_REPORT_WHOLE : POD_REPORT_SHORT,
	};
	int r;

	if (call->n_arguments > 0)
		return error_set(err, EINVAL, "unexpected argument \"%s\"", call->arguments[0]);
	r = places_open(call, &places, err);
	if (r == 0)
		r = collect(&listing, err);
	if (r < 0)
		return r;
	r = options->format != NULL ? write_json(&listing, options->format, &out)
				    : write_table(&listing, options, &out);
	if (r < 0)
		return error_set(err, -r, "listing the pods: %s", strerror(-r));
	(void)fputs(text_string(&out), stdout);
	return 0;
}

const struct command command_list = {
	.name = "list",
	.synopsis = "[options]",
	.summary = "lists the pods of this machine",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct list_options),
	.run = run,
};
