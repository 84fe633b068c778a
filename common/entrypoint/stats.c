/* SPDX-License-Identifier: Apache-2.0 */
/* stats - prints what the apps of a running pod use, as JSON (common/pod/pod_usage.h). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/entrypoint/entrypoint.h"
#include "common/entrypoint/pod_argument.h"
#include "common/option/option.h"
#include "common/pod/pod_directory.h"
#include "common/supervisor/pod_counts.h"

static int print_usage(const struct pod_usage *usage, struct error *err)
{
	auto_text struct text out = { 0 };
	struct json_writer writer = { .out = &out };
	int r;

	json_begin_object(&writer, NULL);
	pod_usage_write(&writer, usage);
	json_end_object(&writer);
	r = json_writer_finish(&writer);
	if (r == 0)
		r = text_append_char(&out, '\n');
	if (r == 0)
		r = file_write_fd(STDOUT_FILENO, text_string(&out), out.length);
	return r < 0 ? error_set(err, -r, "printing what the apps use: %s", strerror(-r)) : 0;
}

int entrypoint_print_stats(const struct pod_counts_request *request, const struct stage1 *stage1,
			   struct error *err)
{
	struct pod_usage usage = { 0 };
	int r = stage1->count != NULL ? stage1->count(request, &usage, err)
				      : pod_counts_read(request, &usage, err);

	return r < 0 ? r : print_usage(&usage, err);
}

int entrypoint_stats(const struct entrypoint_call *call, struct error *err)
{
	auto_close int pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct option_set none = { 0 };
	struct pod_manifest pod = { 0 };
	struct pod_argument argument;
	int r;

	if (pod_fd < 0)
		return error_from_errno(err, "opening the pod directory");
	r = pod_argument_parse(&none, call, &argument, err);
	if (r == 0)
		r = pod_load_manifest(pod_fd, call->arena, &pod, err);
	if (r < 0)
		return r;
	return entrypoint_print_stats(
	    &(const struct pod_counts_request){ .arena = call->arena,
						.isolator = call->stage1->traits->name,
						.uuid = argument.uuid,
						.pod_fd = pod_fd,
						.pod = &pod },
	    call->stage1, err);
}
