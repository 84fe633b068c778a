/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "stage0/request/pod_build.h"

int pod_write(const struct pod_manifest *pod, struct text *out, struct error *err)
{
	auto_arena struct arena arena = { 0 };
	struct pod_manifest again;
	int r = pod_manifest_write(pod, out);

	if (r == -EILSEQ)
		return error_set(err, EINVAL, "an option or argument is not valid UTF-8");
	if (r < 0)
		return error_set(err, -r, "writing the pod manifest: %s", strerror(-r));
	return pod_manifest_parse(&arena,
				  &(const struct json_source){ .text = text_string(out),
							       .length = out->length,
							       .place = "the pod" },
				  &again, err);
}
