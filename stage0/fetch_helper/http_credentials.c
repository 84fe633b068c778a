/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/http_credentials.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"

#define PART_SIZE          64
#define MAX_PARTS          8

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == CURLE_OK)

static const char aws_suffix[] = ".amazonaws.com";

/* "s3-eu-west-1" is s3 in eu-west-1, "s3" alone the service. */
static void take_part(const char *part, char *service, char *region, size_t size)
{
	const char *dash = strchr(part, '-');
	bool is_s3 = strncmp(part, "s3-", 3) == 0;

	if (is_s3) {
		(void)snprintf(service, size, "s3");
		(void)snprintf(region, size, "%s", dash + 1);
	} else if (dash != NULL && strlen(dash) > 3 && part[strlen(part) - 2] == '-') {
		(void)snprintf(region, size, "%s", part);
	} else {
		(void)snprintf(service, size, "%s", part);
	}
}

void http_aws_scope(const char *host, char *ret_service, char *ret_region, size_t size)
{
	size_t length = strcspn(host, ":"), suffix = strlen(aws_suffix);
	char name[256], *parts[MAX_PARTS], *rest = name, *part;
	size_t n = 0;

	(void)snprintf(ret_service, size, "s3");
	(void)snprintf(ret_region, size, "us-east-1");
	if (length <= suffix || length >= sizeof(name) ||
	    strncmp(host + length - suffix, aws_suffix, suffix) != 0)
		return;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(length - suffix), host);
	while (n < MAX_PARTS && (part = strsep(&rest, ".")) != NULL)
		parts[n++] = part;
	/* The last one or two; what stands before is a bucket or an account. */
	if (n >= 2 && strchr(parts[n - 1], '-') != NULL && strncmp(parts[n - 1], "s3-", 3) != 0)
		take_part(parts[n - 2], ret_service, ret_region, size);
	take_part(parts[n - 1], ret_service, ret_region, size);
}

/* The password is the secret key; libcurl signs. */
static bool set_aws(CURL *curl, const struct auth_entry *credentials, const char *host)
{
	char service[PART_SIZE], region[PART_SIZE], scope[3 * PART_SIZE];

	http_aws_scope(host, service, region, PART_SIZE);
	(void)snprintf(scope, sizeof(scope), "aws:amz:%.60s:%.60s",
		       credentials->aws_region != NULL ? credentials->aws_region : region,
		       credentials->aws_service != NULL ? credentials->aws_service : service);
	return SET(CURLOPT_AWS_SIGV4, scope) && SET(CURLOPT_USERNAME, credentials->access_key_id) &&
	       SET(CURLOPT_PASSWORD, credentials->secret_access_key);
}

int http_credentials_set(void *curl, const struct auth_entry *credentials, const char *host,
			 struct error *err)
{
	bool good = false;

	switch (credentials->type) {
	case AUTH_BASIC:
		good = SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
		       SET(CURLOPT_USERNAME, credentials->user) &&
		       SET(CURLOPT_PASSWORD, credentials->password);
		break;
	case AUTH_OAUTH:
		good = SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) &&
		       SET(CURLOPT_XOAUTH2_BEARER, credentials->token);
		break;
	case AUTH_AWS:
		good = set_aws(curl, credentials, host);
		break;
	}
	return good ? 0
		    : error_set(err, ENOTSUP, "this libcurl cannot send credentials of type %s",
				auth_type_name(credentials->type));
}
