/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs - prints what the apps of a pod have printed.
 *
 * Options that are not this entrypoint's: none; `rkt logs` hands on what it was given.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/log_printer.h"
#include "common/entrypoint/planned_pod.h"
#include "common/entrypoint/pod_argument.h"
#include "common/log/log_reader.h"
#include "common/option/option.h"

/* How often one who follows looks whether the pod has ended, in ms. */
static const int look_ms = 250;

struct logs_options {
	bool follow, timestamps;
	const char *since, *stream, *format;
	struct option_list apps;
	struct pod_argument pod;
};

static const char *const streams[] = { "stdout", "stderr", NULL };
static const char *const formats[] = { "json", NULL };

static const struct option_spec specs[] = {
	{ "follow", 'f', OPTION_FLAG, offsetof(struct logs_options, follow), NULL, NULL,
	  "Go on printing until the pod ends." },
	{ "since", 0, OPTION_TEXT, offsetof(struct logs_options, since), NULL, "TIME",
	  "Only what was printed since: 10m ago, or 2026-11-30T13:00:00Z." },
	{ "app", 0, OPTION_LIST, offsetof(struct logs_options, apps), NULL, "NAME",
	  "Only this app's output." },
	{ "stream", 0, OPTION_TEXT, offsetof(struct logs_options, stream), NULL, "STREAM",
	  "Only what went to it.", .choices = streams },
	{ "timestamps", 0, OPTION_FLAG, offsetof(struct logs_options, timestamps), NULL, NULL,
	  "Say when each line was printed." },
	{ "format", 0, OPTION_TEXT, offsetof(struct logs_options, format), NULL, "FORMAT",
	  "JSON, an object for each line, on stdout.", .choices = formats },
};

/* "10m", or a time of day in UTC. */
static int parse_since(const char *text, uint64_t *ret_ns, struct error *err)
{
	struct timespec now = { 0 };
	struct tm utc = { 0 };
	uint64_t ago_ms, now_ns;
	const char *end;

	if (text == NULL)
		return 0;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (option_parse_duration(text, &ago_ms) == 0) {
		*ret_ns = ago_ms < now_ns / 1000000 ? now_ns - ago_ms * 1000000 : 0;
		return 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (end == NULL || *end != '\0' || timegm(&utc) < 0)
		return error_set(err, EINVAL,
				 "--since=%s: neither a duration (10m) nor a time in UTC "
				 "(2026-11-30T13:00:00Z)",
				 text);
	*ret_ns = (uint64_t)timegm(&utc) * 1000000000;
	return 0;
}

static int check_apps(const struct pod_manifest *pod, const struct option_list *apps,
		      struct error *err)
{
	for (size_t i = 0; i < apps->n; i++) {
		bool found = false;

		for (size_t j = 0; j < pod->n_apps; j++)
			found = found || strcmp(pod->apps[j].name, apps->items[i]) == 0;
		if (!found)
			return error_set(err, ENOENT, "--app=%s: the pod has no such app",
					 apps->items[i]);
	}
	return 0;
}

/* Why there is nothing to print, of a pod without a log. */
static int say_why(const struct entrypoint_call *call, int pod_fd, struct error *err)
{
	struct planned_pod planned = { 0 };
	int r = planned_pod_reload(call, pod_fd, &planned, err);

	if (r == -ENOENT)
		return error_set(err, ENOENT, "the pod has not run yet");
	if (r < 0)
		return r;
	if (planned.plan.interactive)
		return error_set(err, ENOENT,
				 "the pod is interactive: what passes through a terminal is not "
				 "kept");
	if (!planned.plan.supervised)
		return error_set(err, ENOENT,
				 "in a %s pod of one app the app takes the place of run: nobody "
				 "is there to keep its output, it went where rkt's own goes",
				 planned.plan.isolator);
	if (planned.plan.log_bytes == 0)
		return error_set(err, ENOENT, "the pod was started with --log-size=0");
	return error_set(err, ENOENT, "the pod has no log");
}

/* The lock of a pod is held as long as it runs. */
static bool has_ended(void)
{
	auto_close int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

static int say_damage(struct log_reader *reader, struct log_printer *printer, struct error *err)
{
	char text[96];
	int r = 0;

	if (reader->overtaken) {
		reader->overtaken = false;
		r = log_printer_say(printer, "output was overwritten before it could be read", err);
	}
	if (r == 0 && reader->damaged_bytes > 0) {
		(void)snprintf(text, sizeof(text),
			       "%" PRIu64 " bytes of the log are damaged and left out",
			       reader->damaged_bytes);
		reader->damaged_bytes = 0;
		r = log_printer_say(printer, text, err);
	}
	return r;
}

/* All that is there now. */
static int print_all(struct log_reader *reader, struct log_printer *printer, struct error *err)
{
	struct log_record record;
	int r;

	while ((r = log_reader_next(reader, &record, err)) == 1) {
		r = say_damage(reader, printer, err);
		if (r == 0)
			r = log_printer_take(printer, &record, log_reader_app(reader, record.app),
					     err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = say_damage(reader, printer, err);
	return r < 0 ? r : log_printer_flush(printer, false, err);
}

static int follow(struct log_reader *reader, struct log_printer *printer, struct error *err)
{
	auto_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd wanted = { .fd = watch, .events = POLLIN };
	bool ended = false;
	int r = 0;

	/* Without a watch it is looked at a few times a second. */
	if (watch >= 0)
		(void)inotify_add_watch(watch, LOG_FILE, IN_MODIFY);
	while (r == 0 && !ended) {
		char events[1024];

		ended = has_ended(); /* before the last look, so that nothing is missed */
		r = print_all(reader, printer, err);
		if (r < 0 || ended)
			break;
		(void)poll(&wanted, 1, look_ms);
		while (watch >= 0 && read(watch, events, sizeof(events)) > 0)
			;
	}
	return r;
}

static int print(const struct logs_options *options, struct log_reader *reader,
		 struct log_printer *printer, struct error *err)
{
	int r = options->follow ? follow(reader, printer, err) : 0;

	if (r == 0 && has_ended())
		log_reader_finish(reader);
	if (r == 0)
		r = print_all(reader, printer, err);
	return r < 0 ? r : log_printer_flush(printer, true, err);
}

static int parse(const struct entrypoint_call *call, struct logs_options *ret, struct error *err)
{
	const struct option_set set = { .specs = specs,
					.n_specs = ARRAY_LENGTH(specs),
					.target = ret };

	return pod_argument_parse(&set, call, &ret->pod, err);
}

int entrypoint_logs(const struct entrypoint_call *call, struct error *err)
{
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_log_reader struct log_reader reader = LOG_READER_NONE;
	auto_log_printer struct log_printer printer = { .program = call->stage1->program };
	struct logs_options options = { 0 };
	struct pod_manifest pod = { 0 };
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = parse(call, &options, err);
	if (r == 0)
		r = parse_since(options.since, &printer.filter.since_ns, err);
	if (r == 0)
		r = pod_load_manifest(pod_fd, call->arena, &pod, err);
	if (r == 0)
		r = check_apps(&pod, &options.apps, err);
	if (r < 0)
		return r;
	r = log_reader_open(pod_fd, &reader, err);
	if (r == -ENOENT) {
		error_clear(err);
		return say_why(call, pod_fd, err);
	}
	if (r < 0)
		return r;
	printer.filter.apps = options.apps;
	printer.filter.no_stdout = options.stream != NULL && strcmp(options.stream, "stderr") == 0;
	printer.filter.no_stderr = options.stream != NULL && strcmp(options.stream, "stdout") == 0;
	printer.json = options.format != NULL;
	printer.show_time = options.timestamps;
	printer.show_app = pod.n_apps > 1 && options.apps.n != 1;
	log_printer_open(&printer);
	return print(&options, &reader, &printer, err);
}
