/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/http_url.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "stage0/config/auth.h"
#include "stage0/fetch_helper/http_response.h"

void http_url_release(struct http_url *url)
{
	curl_url_cleanup(url->parsed);
	curl_free(url->text);
	free(url->host);
	curl_free(url->shown);
	*url = (struct http_url){ .text = NULL };
}

static struct http_url take(struct http_url *held)
{
	struct http_url taken = *held;

	*held = (struct http_url){ .text = NULL };
	return taken;
}

static int no_memory(struct error *err)
{
	return error_set(err, ENOMEM, "reading an URL: out of memory");
}

static int read_host(CURLU *parsed, char **ret, struct error *err)
{
	char *host = NULL, *port = NULL, *whole = NULL;
	int n = -1;

	if (curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		if (curl_url_get(parsed, CURLUPART_PORT, &port, 0) != CURLUE_OK)
			port = NULL;
		n = asprintf(&whole, "%s%s%s", host, port != NULL ? ":" : "",
			     port != NULL ? port : "");
	}
	curl_free(host);
	curl_free(port);
	if (n < 0)
		return no_memory(err);
	*ret = whole;
	return 0;
}

/* Without what may be a secret. */
static int read_shown(CURLU *parsed, char **ret, struct error *err)
{
	CURLU *copy = curl_url_dup(parsed);
	CURLUcode result = copy == NULL ? CURLUE_OUT_OF_MEMORY : CURLUE_OK;

	if (result == CURLUE_OK)
		result = curl_url_set(copy, CURLUPART_QUERY, NULL, 0);
	if (result == CURLUE_OK)
		result = curl_url_set(copy, CURLUPART_FRAGMENT, NULL, 0);
	if (result == CURLUE_OK)
		result = curl_url_get(copy, CURLUPART_URL, ret, 0);
	curl_url_cleanup(copy);
	return result == CURLUE_OK ? 0 : no_memory(err);
}

static int check(CURLU *parsed, bool *ret_https, struct error *err)
{
	char *scheme = NULL, *user = NULL;
	int r = 0;

	if (curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return no_memory(err);
	*ret_https = strcmp(scheme, "https") == 0;
	if (!*ret_https && strcmp(scheme, "http") != 0)
		r = error_set(err, EINVAL, "an URL of the scheme \"%.32s\"", scheme);
	else if (curl_url_get(parsed, CURLUPART_USER, &user, 0) == CURLUE_OK)
		r = error_set(err, EINVAL,
			      "an URL with a user in it: credentials belong into "
			      "auth.d");
	curl_free(scheme);
	curl_free(user);
	return r;
}

/* Takes parsed over, whatever happens. */
static int fill_consume(CURLU *parsed, struct http_url *ret, struct error *err)
{
	auto_http_url struct http_url url = { .parsed = parsed };
	int r = check(parsed, &url.is_https, err);

	if (r == 0)
		r = read_host(parsed, &url.host, err);
	if (r == 0)
		r = read_shown(parsed, &url.shown, err);
	if (r == 0 && curl_url_get(parsed, CURLUPART_URL, &url.text, 0) != CURLUE_OK)
		r = no_memory(err);
	if (r == 0 && strlen(url.text) >= HTTP_URL_SIZE)
		r = error_set(err, EINVAL, "an URL of more than %d bytes", HTTP_URL_SIZE - 1);
	if (r < 0)
		return r;
	*ret = take(&url);
	return 0;
}

static int set(CURLU *parsed, const char *text, struct error *err)
{
	CURLUcode result = curl_url_set(parsed, CURLUPART_URL, text, CURLU_URLENCODE);

	if (result == CURLUE_OUT_OF_MEMORY)
		return no_memory(err);
	return result == CURLUE_OK ? 0
				   : error_set(err, EINVAL, "an URL that makes no sense: %s",
					       curl_url_strerror(result));
}

int http_url_parse(const char *text, struct http_url *ret, struct error *err)
{
	CURLU *parsed = curl_url();
	int r = parsed == NULL ? no_memory(err) : set(parsed, text, err);

	if (r < 0) {
		curl_url_cleanup(parsed);
		return r;
	}
	return fill_consume(parsed, ret, err);
}

int http_url_follow(struct http_url *url, const char *location, struct error *err)
{
	CURLU *parsed = curl_url_dup(url->parsed);
	struct http_url next = { .text = NULL };
	int r = parsed == NULL ? no_memory(err) : set(parsed, location, err);

	if (r < 0)
		curl_url_cleanup(parsed);
	else
		r = fill_consume(parsed, &next, err);
	if (r < 0)
		return error_prefix(err, "following a redirect");
	if (url->is_https && !next.is_https) {
		http_url_release(&next);
		return error_set(err, EPERM, "a redirect from https to http is not followed");
	}
	http_url_release(url);
	*url = next;
	return 0;
}

bool http_url_is_of(const struct http_url *url, const char *domain)
{
	const struct auth_entry entry = { .domain = domain };
	const struct auth_list list = { &entry, 1 };

	return auth_find(&list, url->host, url->is_https ? "443" : "80") != NULL;
}
