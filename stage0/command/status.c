/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status - how one pod is, or how it was when it ended; waits for that if asked.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/parse.h"
#include "stage0/command/places.h"
#include "stage0/command/report_output.h"
#include "stage0/pods/pod_wait.h"

struct status_options {
	const char *wait;
	const char *wait_ready;
	const char *uuid_file;
	const char *format;
};

static const char *const formats[] = { "json", "json-pretty", NULL };

static const struct option_spec specs[] = {
	{ .name = "wait",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct status_options, wait),
	  .value_name = "BOOL|DURATION",
	  .help = "wait until the pod has ended, for ever or for a time",
	  .implied = "true" },
	{ .name = "wait-ready",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct status_options, wait_ready),
	  .value_name = "BOOL|DURATION",
	  .help = "wait until all apps of the pod were started",
	  .implied = "true" },
	{ .name = "uuid-file",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct status_options, uuid_file),
	  .value_name = "FILE",
	  .help = "read the UUID from a file",
	  .completion = OPTION_COMPLETE_FILE },
	{ .name = "format",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct status_options, format),
	  .value_name = "FORMAT",
	  .help = "print JSON instead of lines",
	  .choices = formats },
};

/* "true": for ever (-1), "false": not at all (0), a duration, also a negative one: for ever. */
static int parse_wait(const char *name, const char *text, int64_t *ret_ms, struct error *err)
{
	uint64_t ms;
	int flag;

	*ret_ms = 0;
	if (text == NULL)
		return 0;
	if (parse_bool(text, &flag) == 0) {
		*ret_ms = flag ? -1 : 0;
		return 0;
	}
	if (option_parse_duration(text[0] == '-' ? text + 1 : text, &ms) < 0 || ms > INT64_MAX)
		return error_set(err, EINVAL, "--%s: \"%s\" is neither a bool nor a duration", name,
				 text);
	*ret_ms = text[0] == '-' ? -1 : (int64_t)ms;
	return 0;
}

/* Running out of time is no failure: the output tells the state. */
static int wait_as_asked(const struct status_options *options, const struct pods *pods,
			 struct pod_dir *pod, struct error *err)
{
	struct error mine = { 0 };
	int64_t ready_ms = 0, end_ms = 0;
	int r = parse_wait("wait-ready", options->wait_ready, &ready_ms, err);

	if (r == 0)
		r = parse_wait("wait", options->wait, &end_ms, err);
	if (r < 0)
		return r;
	if (ready_ms != 0)
		r = pod_wait_ready(pods, pod, ready_ms, &mine);
	if (end_ms != 0 && (r >= 0 || r == -ETIMEDOUT))
		r = pod_wait_exited(pods, pod, end_ms, &mine);
	return r >= 0 || r == -ETIMEDOUT ? 0 : error_set(err, mine.code, "%s", mine.text);
}

static int write_status(struct arena *arena, const struct pod_report *report, const char *format,
			struct text *out)
{
	struct json_writer writer = { .out = out };
	int r;

	if (format == NULL)
		return report_write_lines(arena, report, out);
	writer.pretty = report_is_pretty(format);
	report_write_json(&writer, report);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}

static int run(const struct command_call *call, struct error *err)
{
	const struct status_options *options = call->options;
	auto_places struct places places = PLACES_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_text struct text out = { 0 };
	struct pod_report report;
	struct uuids uuids;
	int r = uuids_read(call, options->uuid_file, &uuids, err);

	if (r < 0)
		return r;
	if (uuids.n > 1)
		return error_set(err, EINVAL, "more than one UUID given");
	r = places_open(call, &places, err);
	if (r == 0 && pod_find(&places.pods, uuids.items[0], &pod, err) < 0)
		r = error_prefix(err, "problem retrieving pod");
	if (r == 0)
		r = wait_as_asked(options, &places.pods, &pod, err);
	if (r == 0)
		r = pod_report_read(&pod, POD_REPORT_WHOLE, call->arena, &report, err);
	if (r < 0)
		return r;
	r = write_status(call->arena, &report, options->format, &out);
	if (r < 0)
		return error_set(err, -r, "printing the status: %s", strerror(-r));
	(void)fputs(text_string(&out), stdout);
	return 0;
}

const struct command command_status = {
	.name = "status",
	.synopsis = "[options] UUID",
	.summary = "tells how a pod is and how its apps ended",
	.specs = specs,
	.n_specs = ARRAY_LENGTH(specs),
	.options_size = sizeof(struct status_options),
	.arguments = "list --no-legend",
	.run = run,
};
