/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_origin.h"

#include <errno.h>
#include <string.h>

/* Another one for each change of the conversion that changes its results. */
#define CONVERSION "1"

void oci_origin_write(const struct oci_origin *origin, struct text *out)
{
	const char *const strings[OCI_ORIGIN_STRINGS] = {
		origin->identifier,    origin->tag,        origin->original_name,
		origin->registry,      origin->repository, origin->manifest_digest,
		origin->config_digest,
	};

	for (size_t i = 0; i < OCI_ORIGIN_STRINGS; i++)
		(void)text_append_bytes(out, strings[i], strlen(strings[i]) + 1);
}

int oci_origin_read(const char *bytes, size_t length, struct oci_origin *ret)
{
	const char *strings[OCI_ORIGIN_STRINGS];

	for (size_t i = 0; i < OCI_ORIGIN_STRINGS; i++) {
		const char *end = length > 0 ? memchr(bytes, '\0', length) : NULL;

		if (end == NULL)
			return -EPROTO;
		strings[i] = bytes;
		length -= (size_t)(end - bytes) + 1;
		bytes = end + 1;
	}
	if (length > 0)
		return -EPROTO;
	*ret = (struct oci_origin){ strings[0], strings[1], strings[2], strings[3],
				    strings[4], strings[5], strings[6] };
	return 0;
}

int oci_origin_key(const struct oci_origin *origin, struct digest *ret)
{
	auto_text struct text text = { 0 };
	int r;

	(void)text_append_bytes(&text, CONVERSION, sizeof(CONVERSION));
	oci_origin_write(origin, &text);
	r = text_status(&text);
	return r < 0 ? r : digest_of(text_string(&text), text.length, ret);
}
