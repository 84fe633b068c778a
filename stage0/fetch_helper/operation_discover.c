/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Discovery: the page of the image's name, then those of its parents, until one has tags for it.
 */
#include <errno.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"
#include "common/manifest/name.h"
#include "stage0/fetch/fetch_protocol.h"
#include "stage0/fetch_helper/endpoints.h"
#include "stage0/fetch_helper/operations.h"
#include "stage0/fetch_helper/report.h"

#define ATTEMPTS_MAX ((size_t)64)

struct discovery {
	struct arena *arena;
	const struct fetch_request *request;
	struct endpoints found;
	const char *attempts[ATTEMPTS_MAX]; /* what was looked at in vain */
	size_t n_attempts;
};

static int begin(void *context, const struct http_response *response, struct error *err)
{
	(void)context;
	if (response->status != 200)
		return error_set(err, EREMOTEIO, "bad HTTP status code: %u", response->status);
	return 0;
}

static int keep(void *context, const void *data, size_t length, struct error *err)
{
	struct text *page = context;

	if (text_append_bytes(page, data, length) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* 1: the page has something for the name; 0: it has not. */
static int read_page(struct discovery *discovery, const char *url, struct error *err)
{
	const struct fetch_request *request = discovery->request;
	auto_text struct text page = { .cap = FETCH_PAGE_MAX };
	const struct http_sink sink = { .begin = begin, .data = keep, .context = &page };
	struct endpoints found = { .n_images = 0 };
	struct meta_tags tags = { .n = 0 };
	int r =
	    http_transfer(&request->policy, &(const struct http_request){ .url = url }, &sink, err);

	if (r < 0)
		return r;
	r = meta_tags_scan(discovery->arena, text_string(&page), page.length, &tags);
	if (r == 0)
		r = endpoints_find(discovery->arena, &tags, request->name, &request->labels,
				   &found);
	if (r < 0)
		return error_set(err, -r, "reading %s: %s", url, strerror(-r));
	if (found.n_images > 0 && discovery->found.n_images == 0) {
		memcpy(discovery->found.images, found.images, sizeof(found.images));
		discovery->found.n_images = found.n_images;
	}
	if (found.n_keys > 0 && discovery->found.n_keys == 0) {
		memcpy(discovery->found.keys, found.keys, sizeof(found.keys));
		discovery->found.n_keys = found.n_keys;
	}
	return found.n_images + found.n_keys > 0;
}

/* Whether the parents' pages may do better: they are of the same host. */
static bool is_worth_going_up(int r)
{
	return r >= 0 || r == -EREMOTEIO || r == -EFBIG || r == -ELOOP || r == -EPERM ||
	       r == -EINVAL || r == -EPROTO;
}

static int note_attempt(struct discovery *discovery, const char *prefix, const char *why)
{
	const char *text = arena_printf(discovery->arena, "%s: %s", prefix, why);

	if (text == NULL)
		return -ENOMEM;
	if (discovery->n_attempts < ATTEMPTS_MAX)
		discovery->attempts[discovery->n_attempts++] = text;
	return 0;
}

static int try_scheme(struct discovery *discovery, const char *scheme, const char *prefix,
		      struct error *err)
{
	const char *url = arena_printf(discovery->arena, "%s://%s?ac-discovery=1", scheme, prefix);
	int r;

	error_clear(err);
	if (url == NULL)
		return error_set(err, ENOMEM, "out of memory");
	r = read_page(discovery, url, err);
	if (r <= 0 &&
	    note_attempt(discovery, prefix, r == 0 ? "no meta tags for it" : err->text) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return r;
}

static int try_prefix(struct discovery *discovery, const char *prefix, struct error *err)
{
	int r = try_scheme(discovery, "https", prefix, err);

	if (r <= 0 && discovery->request->policy.allow_http)
		r = try_scheme(discovery, "http", prefix, err);
	return r;
}

static void fill_found(struct json_writer *writer, const void *context)
{
	const struct discovery *discovery = context;

	json_begin_array(writer, "images");
	for (size_t i = 0; i < discovery->found.n_images; i++) {
		json_begin_object(writer, NULL);
		json_put_string(writer, "image", discovery->found.images[i].image);
		json_put_string(writer, "signature", discovery->found.images[i].signature);
		json_end_object(writer);
	}
	json_end_array(writer);
	json_put_strings(writer, "keys", discovery->found.keys, discovery->found.n_keys);
	json_put_strings(writer, "attempts", discovery->attempts, discovery->n_attempts);
}

/* Whether what was asked for is there: images if labels came along, else keys. */
static bool is_enough(const struct discovery *discovery)
{
	return discovery->request->labels.n > 0 ? discovery->found.n_images > 0
						: discovery->found.n_keys > 0;
}

int operation_discover(struct arena *arena, const struct fetch_request *request, struct error *err)
{
	struct discovery discovery = { .arena = arena, .request = request };
	char *prefix;
	int r = 0;

	if (request->name == NULL || !name_is_ac_identifier(request->name))
		return error_set(err, EINVAL, "the request has no name to discover");
	prefix = arena_string(arena, request->name);
	if (prefix == NULL)
		return error_set(err, ENOMEM, "out of memory");
	while (!is_enough(&discovery)) {
		char *slash = strrchr(prefix, '/');

		r = try_prefix(&discovery, prefix, err);
		if (slash == NULL || !is_worth_going_up(r))
			break;
		*slash = '\0';
	}
	if (!is_enough(&discovery) && r < 0 && !is_worth_going_up(r))
		return r;
	error_clear(err);
	return report_line(fill_found, &discovery, err);
}
