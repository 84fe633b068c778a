/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_url.h - an http or https URL that is about to be fetched.
 *
 * Ownership:  http_url_release() frees it; zeroed memory is an empty one.
 * Errors:     -EINVAL no such URL, or one with a user in it; -EPERM a way from https to http;
 *             err does not show queries, which may be secrets.
 */
#pragma once

#include <stdbool.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

struct http_url {
	void *parsed; /* of libcurl */
	char *text;
	char *host;  /* with its port if it has one, as it stands in the URL */
	char *shown; /* without query and fragment */
	bool is_https;
};

#define auto_http_url CLEANUP(http_url_release)

int http_url_parse(const char *text, struct http_url *ret, struct error *err) MUST_CHECK;

/* Makes it where a Location leads from there; unchanged on failure. */
int http_url_follow(struct http_url *url, const char *location, struct error *err) MUST_CHECK;

/* Whether its host and port are those of a domain of credentials. */
bool http_url_is_of(const struct http_url *url, const char *domain);

void http_url_release(struct http_url *url);
