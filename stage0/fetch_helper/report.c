/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/report.h"

#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "stage0/fetch/fetch_protocol.h"

int report_line(void (*fill)(struct json_writer *writer, const void *context), const void *context,
		struct error *err)
{
	auto_text struct text line = { .cap = FETCH_REPORT_MAX };
	struct json_writer writer = { .out = &line };
	int r;

	json_begin_object(&writer, NULL);
	fill(&writer, context);
	json_end_object(&writer);
	r = json_writer_finish(&writer);
	if (r == 0)
		r = text_append_char(&line, '\n');
	if (r == 0)
		r = file_write_fd(FETCH_FD_REPORT, text_string(&line), line.length);
	return r < 0 ? error_set(err, -r, "reporting to rkt: %s", strerror(-r)) : 0;
}

/* Whether the same request may well succeed a moment later. */
static bool is_transient(int code)
{
	return code == ETIMEDOUT || code == ECONNRESET;
}

static void fill_outcome(struct json_writer *writer, const void *context)
{
	const struct error *outcome = context;

	json_put_u64(writer, "code", (uint64_t)outcome->code);
	json_put_string(writer, "text", outcome->text);
	json_put_bool(writer, "again", is_transient(outcome->code));
}

int report_outcome(const struct error *outcome)
{
	struct error plain = *outcome, ignored = { 0 };
	int r = report_line(fill_outcome, &plain, &ignored);

	if (r != -EILSEQ)
		return r;
	for (char *at = plain.text; *at != '\0'; at++)
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	return report_line(fill_outcome, &plain, &ignored);
}
