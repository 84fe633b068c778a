/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_transfer.h - one resource over HTTP or HTTPS, redirects followed by hand.
 *
 * Redirects:  at most HTTP_REDIRECTS_MAX, never from https to http, never to an URL with a user
 *             in it.
 * Credentials: sent to the host and port of their domain only, whoever redirects there; over http
 *             only when the policy allows it.
 * Limits:     the policy's bytes, HTTP_HEAD_MAX of a head, HTTP_STALL_S without a byte,
 *             HTTP_CONNECT_S for a connection, HTTP_SMALL_S for all of what may not be larger than
 *             HTTP_SMALL_BYTES.  Compressed transfer is not asked for.
 * Errors:     -EREMOTEIO an answer that is no success ("bad HTTP status code: 404"); -ETIMEDOUT,
 *             -ECONNRESET a transfer that broke off; -ECONNREFUSED, -EHOSTUNREACH no connection;
 *             -EKEYREJECTED TLS; -EFBIG a limit; -EPERM the policy; -ELOOP redirects.
 *             err shows URLs without their query.
 * Process:    libcurl; curl_global_init() has been called.
 */
#pragma once

#include "common/base/error.h"
#include "stage0/config/auth.h"
#include "stage0/fetch_helper/http_response.h"

#define HTTP_REDIRECTS_MAX 10
#define HTTP_STALL_S       30L
#define HTTP_CONNECT_S     30L
#define HTTP_SMALL_S       60L
#define HTTP_SMALL_BYTES   ((uint64_t)1 << 20) /* pages, signatures, keys */

struct http_policy {
	bool allow_http; /* also for discovery's pages and for credentials */
	bool any_certificate;
	uint64_t max_bytes; /* of the body */
	const char *agent;
	const struct auth_entry *credentials; /* of one domain; NULL: none */
};

struct http_request {
	const char *url;
	uint64_t offset;           /* of the first byte wanted; 0: all */
	const char *if_range;      /* what the part that is there already had; NULL with offset 0 */
	const char *if_none_match; /* an ETag; NULL: whatever there is */
};

/* Who takes the body.  Both return 0 or -errno with err filled, which ends the transfer. */
struct http_sink {
	/* The head of the answer: status 200, 202, 206 or 304; called once, before any data. */
	int (*begin)(void *context, const struct http_response *response, struct error *err);
	int (*data)(void *context, const void *data, size_t length, struct error *err);
	void *context;
};

int http_transfer(const struct http_policy *policy, const struct http_request *request,
		  const struct http_sink *sink, struct error *err) MUST_CHECK;
