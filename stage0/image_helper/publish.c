/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "stage0/image_helper/call.h"

int import_publish(const struct import_call *call, struct store_quarantine *quarantine,
		   const struct import_result *result, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct image_manifest manifest = { 0 };
	struct store_record record = { .id = result->id, .size_bytes = result->content_bytes };
	struct timespec now;
	int r;

	if (call->id != NULL && strcmp(call->id, result->id) != 0)
		return error_set(err, EBADMSG, "it is the image %s, and %s was expected",
				 result->id, call->id);
	r = file_read_at(quarantine->tree, "manifest", MANIFEST_MAX_BYTES, &text, err);
	if (r == 0)
		r = image_manifest_parse(&arena,
					 &(const struct json_source){ .text = text_string(&text),
								      .length = text.length,
								      .place = "manifest" },
					 &manifest, err);
	if (r < 0)
		return r;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return error_from_errno(err, "reading the clock");
	record.name = manifest.name;
	record.labels = manifest.labels;
	record.imported_ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
	record.size_bytes += text.length;
	return store_quarantine_publish(&call->store, quarantine, &record, err);
}
