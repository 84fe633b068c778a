/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/http_transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "stage0/fetch_helper/http_credentials.h"
#include "stage0/fetch_helper/http_url.h"

#define BUFFER_BYTES (128L << 10)
#define SHOWN_REASON 160

/* One request and its answer. */
struct exchange {
	CURL *curl;
	const struct http_policy *policy;
	const struct http_sink *sink;
	struct http_response response;
	struct curl_slist *fields;
	uint64_t received;
	bool begun;     /* the sink knows of it */
	bool is_unused; /* nobody wants this body: a redirect, an error page */
	struct error *err;
	char reason[CURL_ERROR_SIZE];
};

static void release_exchange(struct exchange *exchange)
{
	curl_slist_free_all(exchange->fields);
	curl_easy_cleanup(exchange->curl);
}

static size_t take_line(char *line, size_t size, size_t n, void *context)
{
	struct exchange *exchange = context;

	if (exchange->begun) /* a trailer */
		return size * n;
	http_response_line(&exchange->response, line, size * n);
	if (exchange->response.head_bytes > HTTP_HEAD_MAX) {
		(void)error_set(exchange->err, EFBIG, "the head of the answer is too long");
		return 0;
	}
	return size * n;
}

static bool is_wanted(const struct http_response *response)
{
	return response->status == 200 || response->status == 202 || response->status == 206 ||
	       response->status == 304;
}

/* Tells the sink; a negative result ends the transfer. */
static int begin(struct exchange *exchange)
{
	struct http_response *response = &exchange->response;

	if (exchange->begun || exchange->is_unused)
		return 0;
	if (!is_wanted(response)) {
		exchange->is_unused = true;
		return 0;
	}
	if (response->damaged || (response->status == 206 && !response->has_range))
		return error_set(exchange->err, EPROTO,
				 "the server's Content-Range or Content-Length is nonsense");
	if (response->has_total && response->total > exchange->policy->max_bytes)
		return error_set(exchange->err, EFBIG,
				 "it has %llu bytes, and no more than %llu are taken",
				 (unsigned long long)response->total,
				 (unsigned long long)exchange->policy->max_bytes);
	exchange->begun = true;
	return exchange->sink->begin(exchange->sink->context, response, exchange->err);
}

static size_t take_data(char *data, size_t size, size_t n, void *context)
{
	struct exchange *exchange = context;
	size_t length = size * n;

	if (begin(exchange) < 0 || exchange->is_unused)
		return 0; /* fewer than were offered: libcurl stops */
	exchange->received += length;
	if (exchange->response.offset + exchange->received > exchange->policy->max_bytes) {
		(void)error_set(exchange->err, EFBIG, "more than %llu bytes are not taken",
				(unsigned long long)exchange->policy->max_bytes);
		return 0;
	}
	if (exchange->sink->data(exchange->sink->context, data, length, exchange->err) < 0)
		return 0;
	return length;
}

static bool add_field(struct exchange *exchange, const char *name, const char *value)
{
	char line[HTTP_VALIDATOR_SIZE + 64];
	struct curl_slist *longer;
	int n = snprintf(line, sizeof(line), "%s: %s", name, value);

	longer =
	    n > 0 && (size_t)n < sizeof(line) ? curl_slist_append(exchange->fields, line) : NULL;
	if (longer == NULL)
		return false;
	exchange->fields = longer;
	return true;
}

static bool add_fields(struct exchange *exchange, const struct http_request *request)
{
	char range[48];
	bool good = true;

	(void)snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)request->offset);
	if (request->offset > 0)
		good = add_field(exchange, "Range", range) && request->if_range != NULL &&
		       add_field(exchange, "If-Range", request->if_range);
	if (request->if_none_match != NULL)
		good = good && add_field(exchange, "If-None-Match", request->if_none_match);
	return good;
}

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == CURLE_OK)

static bool set_tls(CURL *curl, const struct http_policy *policy)
{
	const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");

	/* As the original, whose TLS library looks there. */
	if (file != NULL && !SET(CURLOPT_CAINFO, file))
		return false;
	if (folder != NULL && !SET(CURLOPT_CAPATH, folder))
		return false;
	return SET(CURLOPT_SSL_VERIFYPEER, policy->any_certificate ? 0L : 1L) &&
	       SET(CURLOPT_SSL_VERIFYHOST, policy->any_certificate ? 0L : 2L);
}

static bool set_limits(CURL *curl, bool allow_http, uint64_t max_bytes)
{
	return SET(CURLOPT_PROTOCOLS_STR, allow_http ? "http,https" : "https") &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
	       SET(CURLOPT_CONNECTTIMEOUT, HTTP_CONNECT_S) && SET(CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       SET(CURLOPT_TIMEOUT, max_bytes <= HTTP_SMALL_BYTES ? HTTP_SMALL_S : 0L) &&
	       SET(CURLOPT_LOW_SPEED_TIME, HTTP_STALL_S) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_BUFFERSIZE, BUFFER_BYTES) &&
	       SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes) &&
	       SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static int prepare(struct exchange *exchange, const struct http_request *request,
		   const struct http_url *url, struct error *err)
{
	const struct http_policy *policy = exchange->policy;
	CURL *curl = curl_easy_init();

	exchange->curl = curl;
	if (curl == NULL || !add_fields(exchange, request) ||
	    !set_limits(curl, !url->is_https, policy->max_bytes) || !set_tls(curl, policy) ||
	    !SET(CURLOPT_URL, url->text) || !SET(CURLOPT_USERAGENT, policy->agent) ||
	    !SET(CURLOPT_HTTPHEADER, exchange->fields) ||
	    !SET(CURLOPT_ERRORBUFFER, exchange->reason) ||
	    !SET(CURLOPT_HEADERFUNCTION, take_line) || !SET(CURLOPT_HEADERDATA, exchange) ||
	    !SET(CURLOPT_WRITEFUNCTION, take_data) || !SET(CURLOPT_WRITEDATA, exchange))
		return error_set(err, ENOMEM, "preparing a request: out of memory");
	if (policy->credentials != NULL && (url->is_https || policy->allow_http) &&
	    http_url_is_of(url, policy->credentials->domain))
		return http_credentials_set(curl, policy->credentials, url->host, err);
	return 0;
}

/* libcurl's failures as errno: what callers decide by. */
static int code_of(CURLcode result)
{
	switch ((int)result) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return ECONNRESET;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
		return EKEYREJECTED;
	case CURLE_FILESIZE_EXCEEDED:
		return EFBIG;
	case CURLE_OUT_OF_MEMORY:
		return ENOMEM;
	default:
		return EPROTO;
	}
}

static int failed(struct exchange *exchange, CURLcode result)
{
	struct error *err = exchange->err;
	const char *reason =
	    exchange->reason[0] != '\0' ? exchange->reason : curl_easy_strerror(result);

	if (err->code != 0) /* said already, by one of the callbacks */
		return -err->code;
	if (result == CURLE_OPERATION_TIMEDOUT && exchange->begun &&
	    exchange->policy->max_bytes > HTTP_SMALL_BYTES)
		return error_set(err, ETIMEDOUT, "the server sent nothing for %ld seconds",
				 HTTP_STALL_S);
	return error_set(err, code_of(result), "%.*s", SHOWN_REASON, reason);
}

/* 1: *url is where to go on; 0: done. */
static int perform(struct exchange *exchange, struct http_url *url)
{
	const struct http_response *response = &exchange->response;
	CURLcode result = curl_easy_perform(exchange->curl);

	if (exchange->err->code != 0)
		return -exchange->err->code;
	if (result != CURLE_OK && !exchange->is_unused)
		return failed(exchange, result);
	if (begin(exchange) < 0) /* there was no body */
		return -exchange->err->code;
	if (!exchange->is_unused)
		return 0;
	if (!http_response_redirects(response))
		return error_set(exchange->err, EREMOTEIO, "bad HTTP status code: %u",
				 response->status);
	if (response->location[0] == '\0')
		return error_set(exchange->err, EPROTO, "a redirect to nowhere");
	return http_url_follow(url, response->location, exchange->err) < 0 ? -exchange->err->code
									   : 1;
}

static int exchange_once(const struct http_policy *policy, const struct http_request *request,
			 const struct http_sink *sink, struct http_url *url, struct error *err)
{
	CLEANUP(release_exchange)
	struct exchange exchange = { .policy = policy, .sink = sink, .err = err };
	int r;

	r = prepare(&exchange, request, url, err);
	return r < 0 ? r : perform(&exchange, url);
}

int http_transfer(const struct http_policy *policy, const struct http_request *request,
		  const struct http_sink *sink, struct error *err)
{
	auto_http_url struct http_url url = { .text = NULL };
	int r;

	error_clear(err); /* whether it holds something says how a callback ended */
	r = http_url_parse(request->url, &url, err);
	if (r < 0)
		return r;
	for (int hops = 0; hops <= HTTP_REDIRECTS_MAX; hops++) {
		r = exchange_once(policy, request, sink, &url, err);
		if (r == 0)
			return 0;
		if (r < 0)
			return error_prefix(err, "%s", url.shown);
	}
	return error_set(err, ELOOP, "%s: more than %d redirects", url.shown, HTTP_REDIRECTS_MAX);
}
