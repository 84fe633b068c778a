/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/http_response.h"

#include <string.h>
#include <strings.h>

#include "common/base/parse.h"

#define VALUE_MAX      HTTP_URL_SIZE
#define MAX_AGE_MAX    ((uint64_t)365 * 24 * 3600) /* what no server should promise for longer */
#define DIRECTIVE_SIZE 64

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* A number at the start of text that ends at one of the stops (or its end); its length, 0: none. */
static size_t read_number(const char *text, const char *stops, uint64_t *ret)
{
	char digits[24];
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n >= sizeof(digits) || (text[n] != '\0' && strchr(stops, text[n]) == NULL))
		return 0;
	memcpy(digits, text, n);
	digits[n] = '\0';
	return parse_u64(digits, INT64_MAX, ret) < 0 ? 0 : n;
}

/* "bytes 100-999/1000", "bytes 100-999/" and an asterisk. */
static void read_range(struct http_response *response, const char *value)
{
	uint64_t first, last, total;
	size_t n;

	response->damaged = true;
	if (strncasecmp(value, "bytes ", 6) != 0)
		return;
	value += 6;
	n = read_number(value, "-", &first);
	if (n == 0 || value[n] != '-')
		return;
	value += n + 1;
	n = read_number(value, "/", &last);
	if (n == 0 || value[n] != '/' || last < first)
		return;
	value += n + 1;
	if (strcmp(value, "*") != 0) {
		if (read_number(value, "", &total) == 0 || total <= last)
			return;
		response->total = total;
		response->has_total = true;
	}
	response->offset = first;
	response->has_range = true;
	response->damaged = false;
}

static void read_length(struct http_response *response, const char *value)
{
	uint64_t length;

	if (read_number(value, "", &length) == 0)
		response->damaged = true;
	else if (!response->has_range) {
		response->total = length;
		response->has_total = true;
	}
}

/* One directive, lower case, without spaces: whether max_age_s has its last word now. */
static bool take_directive(const char *directive, uint64_t *max_age_s)
{
	uint64_t seconds;
	const char *value = directive + strlen("max-age=");

	if (strcmp(directive, "no-cache") == 0 || strcmp(directive, "no-store") == 0)
		return true;
	if (strncmp(directive, "max-age=", strlen("max-age=")) != 0)
		return false;
	if (value[0] == '"')
		value++;
	if (read_number(value, "\"", &seconds) > 0)
		*max_age_s = seconds < MAX_AGE_MAX ? seconds : MAX_AGE_MAX;
	return false;
}

uint64_t http_max_age(const char *value)
{
	uint64_t max_age_s = 0;

	while (*value != '\0') {
		char directive[DIRECTIVE_SIZE] = "";
		size_t n = 0;

		for (; *value != '\0' && *value != ','; value++) {
			char c = *value;

			if (is_space(c) || n + 1 == sizeof(directive))
				continue;
			directive[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
		}
		directive[n] = '\0';
		if (take_directive(directive, &max_age_s))
			return 0;
		value += *value == ',';
	}
	return max_age_s;
}

/* Printable ASCII that fits, or nothing. */
static void keep(char *ret, size_t size, const char *value)
{
	size_t n = strlen(value);

	ret[0] = '\0';
	if (n >= size)
		return;
	for (size_t i = 0; i < n; i++)
		if (value[i] < ' ' || value[i] == 0x7f) /* char is signed: beyond ASCII, too */
			return;
	memcpy(ret, value, n + 1);
}

/* A quoted string: anything else cannot be sent back. */
static void read_etag(struct http_response *response, const char *value)
{
	const char *quoted = strncmp(value, "W/", 2) == 0 ? value + 2 : value;
	size_t n = strlen(quoted);

	if (n >= 2 && quoted[0] == '"' && quoted[n - 1] == '"' &&
	    memchr(quoted + 1, '"', n - 2) == NULL)
		keep(response->etag, sizeof(response->etag), value);
}

static void take_field(struct http_response *response, const char *name, const char *value)
{
	if (strcasecmp(name, "Content-Range") == 0 && response->status == 206)
		read_range(response, value);
	else if (strcasecmp(name, "Content-Length") == 0)
		read_length(response, value);
	else if (strcasecmp(name, "ETag") == 0)
		read_etag(response, value);
	else if (strcasecmp(name, "Last-Modified") == 0)
		keep(response->last_modified, sizeof(response->last_modified), value);
	else if (strcasecmp(name, "Location") == 0)
		keep(response->location, sizeof(response->location), value);
	else if (strcasecmp(name, "Cache-Control") == 0)
		response->max_age_s = http_max_age(value);
}

/* "HTTP/1.1 206 Partial Content", "HTTP/2 206" */
static void take_status(struct http_response *response, const char *line)
{
	size_t head_bytes = response->head_bytes;
	const char *space = strchr(line, ' ');
	uint64_t status = 0;

	if (space != NULL)
		(void)read_number(space + 1, " ", &status);
	*response = (struct http_response){ .head_bytes = head_bytes };
	response->status = status < 1000 ? (unsigned)status : 0;
}

void http_response_line(struct http_response *response, const char *line, size_t length)
{
	char text[VALUE_MAX + 64];
	char *colon, *value;

	response->head_bytes += length;
	while (length > 0 &&
	       (line[length - 1] == '\n' || line[length - 1] == '\r' || is_space(line[length - 1])))
		length--;
	if (length >= sizeof(text) || memchr(line, '\0', length) != NULL)
		return;
	memcpy(text, line, length);
	text[length] = '\0';
	if (strncmp(text, "HTTP/", 5) == 0) {
		take_status(response, text);
		return;
	}
	colon = strchr(text, ':');
	if (colon == NULL)
		return;
	*colon = '\0';
	value = colon + 1;
	while (is_space(*value))
		value++;
	take_field(response, text, value);
}

bool http_response_redirects(const struct http_response *response)
{
	return response->status == 301 || response->status == 302 || response->status == 303 ||
	       response->status == 307 || response->status == 308;
}
