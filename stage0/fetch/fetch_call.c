/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch/fetch_call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/file.h"
#include "common/json/json_reader.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/store/helper_program.h"

void fetch_call_close(struct fetch_call *call)
{
	cleanup_close(&call->report);
	if (call->pid > 0)
		helper_program_reap(call->pid);
	call->pid = 0;
	text_release(&call->unread);
}

/* A file without a name: a request may hold credentials, and more than a pipe takes. */
static int write_request(const struct fetch_call_input *input, int *ret, struct error *err)
{
	auto_close int fd = memfd_create("request", MFD_CLOEXEC);
	auto_text struct text text = { .cap = FETCH_REQUEST_MAX };
	struct json_writer writer = { .out = &text };
	int r;

	if (fd < 0)
		return error_from_errno(err, "making a request");
	json_begin_object(&writer, NULL);
	json_put_string(&writer, "operation", input->operation);
	if (input->fill != NULL)
		input->fill(&writer, input->context);
	json_end_object(&writer);
	r = json_writer_finish(&writer);
	if (r == 0)
		r = file_write_fd(fd, text_string(&text), text.length);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, -r, "making a request: %s", strerror(-r));
	*ret = take_fd(&fd);
	return 0;
}

/* In the order of their numbers; what is not needed is the request once more, which is harmless. */
static struct helper_fds arrange(const struct fetch_call_input *input, int request, int report)
{
	struct helper_fds fds = { .n = input->keys >= 0 ? 5 : 3 };

	for (size_t i = 0; i < fds.n; i++)
		fds.items[i] = request;
	fds.items[FETCH_FD_REPORT - HELPER_FD_FIRST] = report;
	if (input->data >= 0)
		fds.items[FETCH_FD_DATA - HELPER_FD_FIRST] = input->data;
	if (input->keys >= 0) {
		fds.items[FETCH_FD_SIGNATURE - HELPER_FD_FIRST] = input->signature;
		fds.items[FETCH_FD_KEYS - HELPER_FD_FIRST] = input->keys;
	}
	return fds;
}

int fetch_call_start(const struct fetch_call_input *input, struct fetch_call *ret,
		     struct error *err)
{
	char *const arguments[] = { (char *)(uintptr_t)FETCH_PROGRAM, NULL };
	auto_close int request = FD_NONE, read_end = FD_NONE, write_end = FD_NONE;
	struct helper_fds fds;
	char path[PATH_MAX];
	int ends[2], r = 0;
	pid_t pid = 0;

	if (input->helper != NULL)
		(void)snprintf(path, sizeof(path), "%s", input->helper);
	else
		r = helper_program_find(FETCH_PROGRAM, path, sizeof(path), err);
	if (r == 0)
		r = write_request(input, &request, err);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	fds = arrange(input, request, write_end);
	r = helper_program_start(path, arguments, &fds, &pid, err);
	if (r < 0)
		return r;
	*ret = (struct fetch_call){ .pid = pid, .report = take_fd(&read_end) };
	ret->unread.cap = FETCH_REPORT_MAX;
	return 0;
}

static int read_more(struct fetch_call *call, struct error *err)
{
	char buffer[4096];
	ssize_t n;

	do
		n = read(call->report, buffer, sizeof(buffer));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_from_errno(err, "reading what %s says", FETCH_PROGRAM);
	call->at_end = n == 0;
	if (text_append_bytes(&call->unread, buffer, (size_t)n) < 0)
		return error_set(err, EPROTO, "%s says too much", FETCH_PROGRAM);
	return 0;
}

/* 1: *ret is the next line; 0: there is none. */
static int next_line(struct fetch_call *call, struct arena *arena, const char **ret,
		     struct error *err)
{
	const char *text, *end;
	size_t length, rest;

	while ((end = strchr(text_string(&call->unread), '\n')) == NULL && !call->at_end) {
		int r = read_more(call, err);

		if (r < 0)
			return r;
	}
	if (end == NULL)
		return 0;
	text = text_string(&call->unread);
	length = (size_t)(end - text);
	*ret = arena_bytes(arena, text, length);
	if (*ret == NULL)
		return error_set(err, ENOMEM, "out of memory");
	rest = call->unread.length - length - 1;
	memmove(call->unread.data, call->unread.data + length + 1, rest + 1);
	call->unread.length = rest;
	return 1;
}

static int next_value(struct fetch_call *call, struct arena *arena, struct json_value *ret,
		      struct error *err)
{
	struct json_source source = { .max_bytes = FETCH_REPORT_MAX, .place = FETCH_PROGRAM };
	int r = next_line(call, arena, &source.text, err);

	if (r == 0)
		return error_set(err, EPIPE, "%s ended without a result", FETCH_PROGRAM);
	if (r < 0)
		return r;
	source.length = strlen(source.text);
	return json_read(arena, &source, ret, err);
}

static bool is_outcome(const struct json_value *value)
{
	return json_value_member(value, "code") != NULL;
}

/* 0, or the failure that it tells of. */
static int take_outcome(const struct json_value *value, bool *ret_again, struct error *err)
{
	const struct json_value *code = json_value_member(value, "code");
	const struct json_value *text = json_value_member(value, "text");
	const struct json_value *again = json_value_member(value, "again");

	if (code == NULL || code->kind != JSON_VALUE_INTEGER || code->integer < 0 ||
	    code->integer > 4095 || text == NULL || text->kind != JSON_VALUE_STRING)
		return error_set(err, EPROTO, "%s says nonsense", FETCH_PROGRAM);
	if (ret_again != NULL)
		*ret_again = again != NULL && again->kind == JSON_VALUE_BOOL && again->flag;
	return code->integer == 0 ? 0 : error_set(err, (int)code->integer, "%s", text->string);
}

int fetch_call_line(struct fetch_call *call, struct arena *arena, struct json_value *ret,
		    struct error *err)
{
	struct json_value value;
	int r = next_value(call, arena, &value, err);

	if (r == 0 && is_outcome(&value)) {
		r = take_outcome(&value, NULL, err);
		if (r == 0)
			r = error_set(err, EPROTO, "%s says nothing", FETCH_PROGRAM);
	}
	if (r < 0)
		return r;
	*ret = value;
	return 0;
}

int fetch_call_finish(struct fetch_call *call, bool *ret_again, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct json_value value;
	int r;

	if (ret_again != NULL)
		*ret_again = false;
	r = next_value(call, &arena, &value, err);
	if (r == 0)
		r = take_outcome(&value, ret_again, err);
	fetch_call_close(call);
	return r;
}
