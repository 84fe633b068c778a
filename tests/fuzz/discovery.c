/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of discovery: what is found in it is printable, and each URL is within its limit.
 * The same bytes, line by line, as the head of an HTTP response.
 */
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/fetch_helper/endpoints.h"
#include "stage0/fetch_helper/http_response.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
	size_t n = strlen(text);

	fuzz_check(n <= META_VALUE_MAX);
	for (size_t i = 0; i < n; i++)
		fuzz_check(text[i] >= 0x20 && text[i] < 0x7f);
}

static void check_page(const char *data, size_t size)
{
	static const struct manifest_pair labels[] = { { "version", "1.0/?" },
						       { "os", "linux" },
						       { "arch", "amd64" } };
	auto_arena struct arena arena = { 0 };
	struct endpoints found;
	struct meta_tags tags;

	fuzz_check(meta_tags_scan(&arena, data, size, &tags) == 0);
	fuzz_check(tags.n <= META_TAGS_MAX);
	for (size_t i = 0; i < tags.n; i++) {
		check_text(tags.items[i].name);
		check_text(tags.items[i].content);
	}
	fuzz_check(endpoints_find(&arena, &tags, "example.com/a",
				  &(const struct manifest_pairs){ labels, 3 }, &found) == 0);
	fuzz_check(found.n_images <= ENDPOINTS_MAX && found.n_keys <= ENDPOINTS_MAX);
	for (size_t i = 0; i < found.n_images; i++) {
		check_text(found.images[i].image);
		check_text(found.images[i].signature);
		fuzz_check(strcmp(found.images[i].image, found.images[i].signature) != 0);
	}
	for (size_t i = 0; i < found.n_keys; i++)
		check_text(found.keys[i]);
}

static void check_head(const char *data, size_t size)
{
	struct http_response response = { 0 };

	while (size > 0) {
		const char *end = memchr(data, '\n', size);
		size_t length = end != NULL ? (size_t)(end - data) + 1 : size;

		http_response_line(&response, data, length);
		data += length;
		size -= length;
	}
	fuzz_check(response.status < 1000);
	fuzz_check(!response.has_range || response.status == 206);
	check_text(response.etag);
	check_text(response.last_modified);
	check_text(response.location);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_page((const char *)data, size);
	check_head((const char *)data, size);
	return 0;
}
