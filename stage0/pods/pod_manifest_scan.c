/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/pod_manifest_scan.h"

#include <string.h>

#include "common/manifest/name.h"

/* A pod of more apps is for the reader. */
#define APPS_MAX  32
#define DEPTH_MAX 64

/* The text ends with a NUL, which no function here steps over. */
struct scan {
	const char *at;
	bool failed; /* sticks */
};

struct slice {
	const char *start;
	size_t length;
};

static bool expect(struct scan *scan, char c)
{
	scan->at += strspn(scan->at, " \t\r\n");
	if (*scan->at != c)
		return false;
	scan->at++;
	return true;
}

/* A string without escapes; with one, the scan has failed. */
static struct slice read_string(struct scan *scan)
{
	struct slice slice = { "", 0 };

	if (!expect(scan, '"')) {
		scan->failed = true;
		return slice;
	}
	slice.start = scan->at;
	slice.length = strcspn(scan->at, "\"\\");
	scan->at += slice.length;
	if (*scan->at++ != '"') {
		scan->at--;
		scan->failed = true;
	}
	return slice;
}

static void skip_string(struct scan *scan)
{
	for (scan->at++; *scan->at != '"'; scan->at++) {
		scan->at += strcspn(scan->at, "\"\\");
		if (*scan->at == '"')
			break;
		/* A backslash and what it escapes, or the end of the text. */
		if (*scan->at == '\0' || scan->at[1] == '\0') {
			scan->failed = true;
			return;
		}
		scan->at++;
	}
	scan->at++;
}

/* Any value: brackets are counted, strings skipped, the rest is of no interest. */
static void skip_value(struct scan *scan)
{
	unsigned depth = 0;

	for (;;) {
		scan->at += strcspn(scan->at, "\"[]{},");
		switch (*scan->at) {
		case '"':
			skip_string(scan);
			break;
		case '[':
		case '{':
			depth++;
			scan->at++;
			break;
		case ']':
		case '}':
			if (depth == 0)
				return;
			depth--;
			scan->at++;
			break;
		case ',':
			if (depth == 0)
				return;
			scan->at++;
			break;
		default:
			scan->failed = true;
		}
		if (scan->failed || depth > DEPTH_MAX)
			break;
	}
	scan->failed = true;
}

/* The next key of an object, its value ahead; false: the object is over. */
static bool next_member(struct scan *scan, bool *first, struct slice *ret_key)
{
	if (expect(scan, '}'))
		return false;
	if (!*first && !expect(scan, ','))
		scan->failed = true;
	*first = false;
	*ret_key = read_string(scan);
	if (!expect(scan, ':'))
		scan->failed = true;
	return !scan->failed;
}

static bool next_item(struct scan *scan, bool *first)
{
	if (expect(scan, ']'))
		return false;
	if (!*first && !expect(scan, ','))
		scan->failed = true;
	*first = false;
	return !scan->failed;
}

static bool is(const struct slice *slice, const char *text)
{
	return slice->length == strlen(text) && memcmp(slice->start, text, slice->length) == 0;
}

struct found {
	struct slice name, id, image, version;
};

static void scan_label(struct scan *scan, struct found *found)
{
	struct slice key, name = { "", 0 }, value = { "", 0 };
	bool first = true;

	scan->failed |= !expect(scan, '{');
	while (!scan->failed && next_member(scan, &first, &key)) {
		if (is(&key, "name"))
			name = read_string(scan);
		else
			value = read_string(scan);
	}
	if (is(&name, "version"))
		found->version = value;
}

static void scan_image(struct scan *scan, struct found *found)
{
	bool first = true, first_label = true;
	struct slice key;

	scan->failed |= !expect(scan, '{');
	while (!scan->failed && next_member(scan, &first, &key)) {
		if (is(&key, "id"))
			found->id = read_string(scan);
		else if (is(&key, "name"))
			found->image = read_string(scan);
		else if (is(&key, "labels") && expect(scan, '['))
			while (next_item(scan, &first_label))
				scan_label(scan, found);
		else
			skip_value(scan);
	}
}

static void scan_app(struct scan *scan, struct found *found)
{
	struct slice key;
	bool first = true;

	scan->failed |= !expect(scan, '{');
	while (!scan->failed && next_member(scan, &first, &key)) {
		if (is(&key, "name"))
			found->name = read_string(scan);
		else if (is(&key, "image"))
			scan_image(scan, found);
		else
			skip_value(scan);
	}
}

static size_t scan_apps(struct scan *scan, struct found found[static APPS_MAX])
{
	bool first = true;
	size_t n = 0;

	scan->failed |= !expect(scan, '[');
	while (!scan->failed && next_item(scan, &first)) {
		if (n == APPS_MAX) {
			scan->failed = true;
			break;
		}
		scan_app(scan, &found[n++]);
	}
	return n;
}

static int fill(struct arena *arena, const struct found *found, struct pod_report_app *ret)
{
	ret->name = arena_bytes(arena, found->name.start, found->name.length);
	ret->image_id = arena_bytes(arena, found->id.start, found->id.length);
	ret->image = arena_printf(arena, "%.*s%s%.*s", (int)found->image.length, found->image.start,
				  found->version.length > 0 ? ":" : "", (int)found->version.length,
				  found->version.start);
	if (ret->name == NULL || ret->image_id == NULL || ret->image == NULL)
		return -ENOMEM;
	return name_is_ac_name(ret->name);
}

int pod_manifest_scan(struct arena *arena, const char *text, struct pod_report_app **ret_apps,
		      size_t *ret_n)
{
	static const struct slice none = { "", 0 };
	struct scan scan = { .at = text };
	struct found found[APPS_MAX];
	struct pod_report_app *apps;
	struct slice key;
	bool first = true;
	size_t n = 0;
	int r = 1;

	for (size_t i = 0; i < APPS_MAX; i++)
		found[i] = (struct found){ none, none, none, none };
	scan.failed = !expect(&scan, '{');
	while (!scan.failed && next_member(&scan, &first, &key)) {
		if (is(&key, "apps") && n == 0)
			n = scan_apps(&scan, found);
		else
			skip_value(&scan);
	}
	if (scan.failed)
		return 0;
	apps = arena_array(arena, n + 1, struct pod_report_app);
	if (apps == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 1; i++)
		r = fill(arena, &found[i], &apps[i]);
	if (r != 1)
		return r;
	*ret_apps = apps;
	*ret_n = n;
	return 1;
}
