/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_policy.h - what every request to a server has: agent, TLS, the credentials of its host.
 *
 * Credentials are read when they are about to be used, and only those of the URL's own host go
 * into the request; the helper sends them to no other host.
 *
 * Errors: those of reading auth.d; -EINVAL an URL without a host.
 */
#pragma once

#include "common/json/json_writer.h"
#include "stage0/config/auth.h"
#include "stage0/fetch/fetch.h"

struct fetch_policy {
	const struct fetch *fetch;
	const struct auth_entry *credentials; /* NULL: none */
};

/* url: whole, or a name of an image, which begins with its host. */
int fetch_policy_read(const struct fetch *fetch, const char *url, struct fetch_policy *ret,
		      struct error *err) MUST_CHECK;

/* Puts its members into a request. */
void fetch_policy_write(const struct fetch_policy *policy, struct json_writer *writer);
