/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_credentials.h - credentials onto a request of libcurl.
 *
 * Errors: -ENOMEM, -ENOTSUP; err holds no credential.
 */
#pragma once

#include "common/base/error.h"
#include "stage0/config/auth.h"

/* curl: an easy handle; host: as it stands in the URL, which AWS' signature depends on. */
int http_credentials_set(void *curl, const struct auth_entry *credentials, const char *host,
			 struct error *err) MUST_CHECK;

/*
 * The service and the region that a host of AWS is for: "s3.eu-west-1.amazonaws.com", also with a
 * bucket before or the region behind a dash; "s3" and "us-east-1" when the name does not tell.
 */
void http_aws_scope(const char *host, char *ret_service, char *ret_region, size_t size);
