/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_response.h - what the head of an HTTP response says, as far as fetching needs it.
 *
 * Heads come from strangers: a line that says something unusable is as good as absent, but for
 * Content-Range and Content-Length, which a transfer cannot do without once they are there.
 *
 * Units:      bytes, seconds.
 * Source:     RFC 9110 (Content-Range, ETag), RFC 9111 (Cache-Control).
 * Ownership:  plain values, nothing to release.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_URL_SIZE       4096 /* with the NUL; longer ones are refused */
#define HTTP_VALIDATOR_SIZE 256
#define HTTP_HEAD_MAX       ((size_t)64 << 10) /* of all lines together */

struct http_response {
	unsigned status;
	bool has_range, has_total, damaged;
	uint64_t offset;                /* of the first byte that follows; 206 only */
	uint64_t total;                 /* of the whole resource */
	char etag[HTTP_VALIDATOR_SIZE]; /* with its quotes; "": none */
	char last_modified[HTTP_VALIDATOR_SIZE];
	char location[HTTP_URL_SIZE]; /* as sent: may be relative */
	uint64_t max_age_s;           /* 0: ask again each time */
	size_t head_bytes;
};

/* Takes one line of a head, with or without its end.  A status line starts over. */
void http_response_line(struct http_response *response, const char *line, size_t length);

/* The seconds of a Cache-Control value; 0 when it must not be used without asking. */
uint64_t http_max_age(const char *value);

/* Whether the answer says where to look instead. */
bool http_response_redirects(const struct http_response *response);
