/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/http_url.h"

#include <errno.h>

#include "stage0/fetch_helper/http_credentials.h"
#include "tests/unit/test.h"

TEST(an_url_is_shown_without_its_query)
{
	auto_http_url struct http_url url = { .text = NULL };
	struct error err = { 0 };

	check_ok(http_url_parse("https://a.com:8443/x/y.aci?token=secret#f", &url, &err), &err);
	check_text(url.shown, "https://a.com:8443/x/y.aci");
	check_text(url.host, "a.com:8443");
	check_true(url.is_https);
	check_contains(url.text, "token=secret");
}

TEST(only_http_without_a_user_is_taken)
{
	static const char *const bad[] = {
		"ftp://a.com/x",    "file:///etc/passwd",   "a.com",    "https://u:secret@a.com/",
		"https://u@a.com/", "https://a.com:99999/", "https://", ""
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		struct http_url url = { .text = NULL };
		struct error err = { 0 };

		ck_assert_msg(http_url_parse(bad[i], &url, &err) == -EINVAL, "%s", bad[i]);
		check_true(url.text == NULL && err.text[0] != '\0');
		check_true(strstr(err.text, "secret") == NULL);
	}
}

TEST(a_redirect_may_be_relative_but_not_to_http)
{
	auto_http_url struct http_url url = { .text = NULL };
	struct error err = { 0 };

	check_ok(http_url_parse("https://a.com/x/y?q", &url, &err), &err);
	check_ok(http_url_follow(&url, "../z", &err), &err);
	check_text(url.text, "https://a.com/z");
	check_ok(http_url_follow(&url, "//b.com/w", &err), &err);
	check_text(url.text, "https://b.com/w");
	check_text(url.host, "b.com");
	check_int(http_url_follow(&url, "http://b.com/w", &err), -EPERM);
	check_text(err.text, "a redirect from https to http is not followed");
	check_int(http_url_follow(&url, "file:///etc/passwd", &err), -EINVAL);
	check_int(http_url_follow(&url, "https://me:secret@b.com/", &err), -EINVAL);
	check_text(url.text, "https://b.com/w");
}

TEST(http_may_lead_to_https)
{
	auto_http_url struct http_url url = { .text = NULL };
	struct error err = { 0 };

	check_ok(http_url_parse("http://a.com/", &url, &err), &err);
	check_ok(http_url_follow(&url, "https://a.com/", &err), &err);
	check_true(url.is_https);
}

TEST(a_domain_means_its_host_and_port)
{
	auto_http_url struct http_url url = { .text = NULL };
	struct error err = { 0 };

	check_ok(http_url_parse("https://a.com/", &url, &err), &err);
	check_true(http_url_is_of(&url, "a.com") && http_url_is_of(&url, "a.com:443"));
	check_true(!http_url_is_of(&url, "a.com:8443") && !http_url_is_of(&url, "b.a.com"));
}

TEST(a_host_of_aws_tells_service_and_region)
{
	static const struct {
		const char *host, *service, *region;
	} cases[] = {
		{ "example.com", "s3", "us-east-1" },
		{ "s3.amazonaws.com", "s3", "us-east-1" },
		{ "bucket.s3.amazonaws.com", "s3", "us-east-1" },
		{ "my.bucket.s3.amazonaws.com:443", "s3", "us-east-1" },
		{ "s3-eu-west-1.amazonaws.com", "s3", "eu-west-1" },
		{ "bucket.s3-eu-west-1.amazonaws.com", "s3", "eu-west-1" },
		{ "s3.eu-west-1.amazonaws.com", "s3", "eu-west-1" },
		{ "bucket.s3.eu-west-1.amazonaws.com", "s3", "eu-west-1" },
		{ "1234.dkr.ecr.us-west-2.amazonaws.com", "ecr", "us-west-2" },
		{ "iam.amazonaws.com", "iam", "us-east-1" },
		{ ".amazonaws.com", "s3", "us-east-1" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char service[64], region[64];

		http_aws_scope(cases[i].host, service, region, sizeof(region));
		ck_assert_msg(strcmp(service, cases[i].service) == 0 &&
				  strcmp(region, cases[i].region) == 0,
			      "%s: %s %s", cases[i].host, service, region);
	}
}
