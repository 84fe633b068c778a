/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/stats_output.h"

#include <errno.h>
#include <inttypes.h>

#include "common/base/cleanup.h"
#include "stage0/command/human_text.h"
#include "stage0/command/table.h"

static const char machine_name[] = "(machine)";

static const char *size_text(struct arena *arena, uint64_t bytes)
{
	return bytes == POD_USAGE_UNKNOWN ? "-" : human_text_size(arena, bytes);
}

static int add_row(struct table *table, const char *uuid, const char *app,
		   const struct pod_usage_numbers *used)
{
	struct arena *arena = table->arena;
	const char *cells[TABLE_MAX_COLUMNS] = { uuid, app, "-", "", "-", "", "" };

	if (used->cpu_ns != POD_USAGE_UNKNOWN)
		cells[2] = arena_printf(arena, "%" PRIu64 ".%02" PRIu64 "s",
					used->cpu_ns / 1000000000, used->cpu_ns / 10000000 % 100);
	cells[3] = size_text(arena, used->memory_bytes);
	if (used->pids != POD_USAGE_UNKNOWN)
		cells[4] = arena_printf(arena, "%" PRIu64, used->pids);
	cells[5] = size_text(arena, used->io_read_bytes);
	cells[6] = size_text(arena, used->io_write_bytes);
	for (size_t i = 0; i < table->n_columns; i++)
		if (cells[i] == NULL)
			return -ENOMEM;
	return table_add(table, cells);
}

int stats_write_table(struct arena *arena, const struct stats_pod *pods, size_t n, struct text *out)
{
	static const char *const heading[] = { "UUID",  "APP",  "CPU TIME", "MEMORY",
					       "PROCS", "READ", "WRITTEN" };
	struct table table = { .arena = arena, .n_columns = ARRAY_LENGTH(heading) };
	int r = table_add(&table, heading);

	for (size_t i = 0; i < n; i++) {
		const struct pod_usage *usage = &pods[i].usage;
		const char *uuid = arena_printf(arena, "%.8s", pods[i].uuid);

		for (size_t j = 0; r == 0 && j < usage->n_apps; j++)
			r = add_row(&table, j == 0 ? uuid : "", usage->apps[j].name,
				    &usage->apps[j].used);
		if (r == 0 && usage->has_machine)
			r = add_row(&table, "", machine_name, &usage->machine);
	}
	return r < 0 ? r : table_write(&table, out);
}

int stats_write_json(const struct stats_pod *pods, size_t n, bool pretty, struct text *out)
{
	struct json_writer writer = { .out = out, .pretty = pretty };
	int r;

	json_begin_array(&writer, NULL);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&writer, NULL);
		json_put_string(&writer, "uuid", pods[i].uuid);
		if (pods[i].name != NULL)
			json_put_string(&writer, "podName", pods[i].name);
		pod_usage_write(&writer, &pods[i].usage);
		json_end_object(&writer);
	}
	json_end_array(&writer);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}

struct metric {
	const char *name, *type, *help;
	size_t offset;
	bool is_seconds; /* the number is nanoseconds */
};

static const struct metric metrics[] = {
	{ "cpu_seconds_total", "counter", "CPU time.", offsetof(struct pod_usage_numbers, cpu_ns),
	  true },
	{ "memory_bytes", "gauge", "Memory, with the cache of files.",
	  offsetof(struct pod_usage_numbers, memory_bytes), false },
	{ "processes", "gauge", "Processes.", offsetof(struct pod_usage_numbers, pids), false },
	{ "io_read_bytes_total", "counter", "Bytes read from block devices.",
	  offsetof(struct pod_usage_numbers, io_read_bytes), false },
	{ "io_written_bytes_total", "counter", "Bytes written to block devices.",
	  offsetof(struct pod_usage_numbers, io_write_bytes), false },
};

/* One line; names of pods and apps have no character that a label would have to escape. */
static void put_sample(const struct metric *metric, const struct stats_pod *pod, const char *app,
		       const struct pod_usage_numbers *used, struct text *out)
{
	uint64_t number = *(const uint64_t *)(const void *)((const char *)used + metric->offset);

	if (number == POD_USAGE_UNKNOWN)
		return;
	(void)text_printf(out, "rkt_%s_%s{pod=\"%s\"", app != NULL ? "app" : "machine",
			  metric->name, pod->uuid);
	if (pod->name != NULL)
		(void)text_printf(out, ",pod_name=\"%s\"", pod->name);
	if (app != NULL)
		(void)text_printf(out, ",app=\"%s\"", app);
	if (metric->is_seconds)
		(void)text_printf(out, "} %" PRIu64 ".%09" PRIu64 "\n", number / 1000000000,
				  number % 1000000000);
	else
		(void)text_printf(out, "} %" PRIu64 "\n", number);
}

static void put_head(const struct metric *metric, const char *whose, struct text *out)
{
	(void)text_printf(out, "# HELP rkt_%s_%s %s\n# TYPE rkt_%s_%s %s\n", whose, metric->name,
			  metric->help, whose, metric->name, metric->type);
}

int stats_write_prometheus(const struct stats_pod *pods, size_t n, struct text *out)
{
	for (size_t m = 0; m < ARRAY_LENGTH(metrics); m++) {
		put_head(&metrics[m], "app", out);
		for (size_t i = 0; i < n; i++) {
			const struct pod_usage *usage = &pods[i].usage;

			for (size_t j = 0; j < usage->n_apps; j++)
				put_sample(&metrics[m], &pods[i], usage->apps[j].name,
					   &usage->apps[j].used, out);
		}
		put_head(&metrics[m], "machine", out);
		for (size_t i = 0; i < n; i++) {
			if (pods[i].usage.has_machine)
				put_sample(&metrics[m], &pods[i], NULL, &pods[i].usage.machine,
					   out);
		}
	}
	return text_status(out);
}
