/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/fetch_helper/operations.h"
#include "stage0/fetch_helper/report.h"

static void fill_head(struct json_writer *writer, const void *context)
{
	const struct http_response *response = context;

	json_put_u64(writer, "status", response->status);
	json_put_u64(writer, "offset", response->offset);
	if (response->has_total)
		json_put_u64(writer, "total", response->total);
	json_put_string(writer, "etag", response->etag);
	json_put_string(writer, "lastModified", response->last_modified);
	json_put_u64(writer, "maxAge", response->max_age_s);
}

static int begin(void *context, const struct http_response *response, struct error *err)
{
	(void)context;
	return report_line(fill_head, response, err);
}

static int pass_on(void *context, const void *data, size_t length, struct error *err)
{
	int r = file_write_fd(FETCH_FD_DATA, data, length);

	(void)context;
	return r < 0 ? error_set(err, -r, "handing on what came: %s", strerror(-r)) : 0;
}

int operation_get(struct arena *arena, const struct fetch_request *request, struct error *err)
{
	const struct http_sink sink = { .begin = begin, .data = pass_on };
	const struct http_request wanted = {
		.url = request->url,
		.offset = request->offset,
		.if_range = request->validator,
		.if_none_match = request->if_none_match,
	};

	(void)arena;
	if (request->url == NULL)
		return error_set(err, EINVAL, "the request has no url");
	return http_transfer(&request->policy, &wanted, &sink, err);
}
