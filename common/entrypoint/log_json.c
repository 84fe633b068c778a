/* SPDX-License-Identifier: Apache-2.0 */
#include "common/entrypoint/log_json.h"

#include <stdio.h>
#include <time.h>

#include "common/json/json_writer.h"
#include "common/json/utf8.h"

static const char *const stream_names[LOG_STREAMS] = {
	[LOG_REGION] = "notice", [LOG_STDOUT] = "stdout", [LOG_STDERR] = "stderr",
	[LOG_NOTICE] = "notice", [LOG_LOST] = "notice",
};

void log_json_time(uint64_t time_ns, int digits, char ret[static 40])
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm utc = { 0 };
	char text[24], fraction[16];

	ret[0] = '\0';
	if (gmtime_r(&seconds, &utc) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		return;
	(void)snprintf(fraction, sizeof(fraction), "%09u", (unsigned)(time_ns % 1000000000));
	(void)snprintf(ret, 40, "%s.%.*sZ", text, digits, fraction);
}

/* Apps print what they like; JSON is text. */
static int make_text(const char *bytes, size_t length, struct text *out)
{
	const char *run = bytes, *end = bytes + length;

	while (bytes < end) {
		size_t n = *bytes == '\0' ? 0 : utf8_sequence(bytes);

		if (n > 0) {
			bytes += n;
			continue;
		}
		(void)text_append_bytes(out, run, (size_t)(bytes - run));
		(void)text_append(out, "\xef\xbf\xbd");
		run = ++bytes;
	}
	return text_append_bytes(out, run, (size_t)(end - run));
}

int log_json_append(struct text *out, const struct log_json_line *line)
{
	struct json_writer writer = { .out = out };
	auto_text struct text message = { 0 };
	char time[40];
	int r = make_text(line->message, line->length, &message);

	if (r < 0)
		return r;
	log_json_time(line->time_ns, 9, time);
	json_begin_object(&writer, NULL);
	json_put_string(&writer, "time", time);
	if (line->app != NULL)
		json_put_string(&writer, "app", line->app);
	json_put_string(&writer, "stream", stream_names[line->stream]);
	json_put_string(&writer, "message", text_string(&message));
	if (line->is_partial)
		json_put_bool(&writer, "partial", true);
	json_end_object(&writer);
	r = json_writer_finish(&writer);
	return r < 0 ? r : text_append_char(out, '\n');
}
