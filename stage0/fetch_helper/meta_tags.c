/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/meta_tags.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What is left of the page. */
struct page {
	const char *at, *end;
};

struct slice {
	const char *data;
	size_t length;
};

struct attributes {
	struct slice name, content; /* data NULL: not there */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool starts_with(const struct page *page, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(page->end - page->at) >= n && strncasecmp(page->at, text, n) == 0;
}

/* A tag's name, and no more than that: "<meta" but not "<metal". */
static bool is_tag(const struct page *page, const char *name)
{
	size_t n = strlen(name);

	return starts_with(page, name) && (page->at + n == page->end || is_space(page->at[n]) ||
					   page->at[n] == '>' || page->at[n] == '/');
}

static void skip_to(struct page *page, const char *text)
{
	while (page->at < page->end && !starts_with(page, text))
		page->at++;
}

static void skip_spaces(struct page *page)
{
	while (page->at < page->end && (is_space(*page->at) || *page->at == '/'))
		page->at++;
}

/* "=value", ="value" or ='value'; nothing: an empty value. */
static struct slice take_value(struct page *page)
{
	struct slice value = { page->at, 0 };
	char quote;

	while (page->at < page->end && is_space(*page->at))
		page->at++;
	if (page->at == page->end || *page->at != '=')
		return value;
	page->at++;
	while (page->at < page->end && is_space(*page->at))
		page->at++;
	if (page->at == page->end)
		return value;
	quote = *page->at;
	if (quote == '"' || quote == '\'') {
		value.data = ++page->at;
		while (page->at < page->end && *page->at != quote)
			page->at++;
		value.length = (size_t)(page->at - value.data);
		page->at += page->at < page->end;
		return value;
	}
	value.data = page->at;
	while (page->at < page->end && !is_space(*page->at) && *page->at != '>')
		page->at++;
	value.length = (size_t)(page->at - value.data);
	return value;
}

/* The rest of a tag, up to and with its '>'; of two attributes of a name the first counts. */
static struct attributes take_attributes(struct page *page)
{
	struct attributes found = { { NULL, 0 }, { NULL, 0 } };

	for (;;) {
		struct slice name, value, *target = NULL;

		skip_spaces(page);
		if (page->at == page->end || *page->at == '>')
			break;
		name.data = page->at++;
		while (page->at < page->end && !is_space(*page->at) && *page->at != '=' &&
		       *page->at != '>' && *page->at != '/')
			page->at++;
		name.length = (size_t)(page->at - name.data);
		value = take_value(page);
		if (name.length == 4 && strncasecmp(name.data, "name", 4) == 0)
			target = &found.name;
		else if (name.length == 7 && strncasecmp(name.data, "content", 7) == 0)
			target = &found.content;
		if (target != NULL && target->data == NULL)
			*target = value;
	}
	page->at += page->at < page->end;
	return found;
}

/* "&amp;" and the like at the start of text: how many bytes it is, and what it means. */
static size_t read_reference(const struct slice *text, size_t at, char *ret)
{
	static const struct {
		const char *text;
		char meaning;
	} references[] = { { "&amp;", '&' },   { "&quot;", '"' }, { "&apos;", '\'' },
			   { "&lt;", '<' },    { "&gt;", '>' },   { "&#39;", '\'' },
			   { "&#x27;", '\'' }, { "&#34;", '"' },  { "&#38;", '&' },
			   { "&#x2f;", '/' },  { "&#47;", '/' } };

	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		size_t n = strlen(references[i].text);

		if (text->length - at >= n &&
		    strncasecmp(text->data + at, references[i].text, n) == 0) {
			*ret = references[i].meaning;
			return n;
		}
	}
	*ret = text->data[at];
	return 1;
}

/* 1: *ret is the value; 0: it is of no use; -ENOMEM. */
static int read_text(struct arena *arena, const struct slice *slice, const char **ret)
{
	char *text;
	size_t n = 0;

	if (slice->data == NULL || slice->length > META_VALUE_MAX)
		return 0;
	text = arena_bytes(arena, slice->data, slice->length);
	if (text == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < slice->length;) {
		char c = slice->data[i];

		if (c == '&')
			i += read_reference(slice, i, &c);
		else
			i++;
		if (is_space(c))
			c = ' ';
		if (c < 0x20 || c == 0x7f) /* char is signed: beyond ASCII, too */
			return 0;
		text[n++] = c;
	}
	text[n] = '\0';
	*ret = text;
	return 1;
}

static int add_tag(struct arena *arena, const struct attributes *attributes, struct meta_tags *tags)
{
	struct meta_tag tag;
	int r = read_text(arena, &attributes->name, &tag.name);

	if (r > 0)
		r = read_text(arena, &attributes->content, &tag.content);
	if (r > 0 && tags->n < META_TAGS_MAX)
		tags->items[tags->n++] = tag;
	return r < 0 ? r : 0;
}

/* Elements whose content is text, whatever it looks like. */
static bool skip_text_element(struct page *page)
{
	static const char *const elements[][2] = {
		{ "<script", "</script" },     { "<style", "</style" },
		{ "<title", "</title" },       { "<noscript", "</noscript" },
		{ "<template", "</template" }, { "<textarea", "</textarea" },
	};

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (is_tag(page, elements[i][0])) {
			page->at += strlen(elements[i][0]);
			skip_to(page, elements[i][1]);
			skip_to(page, ">");
			return true;
		}
	return false;
}

static bool is_end_of_head(const struct page *page)
{
	return is_tag(page, "</head") || is_tag(page, "<body") || is_tag(page, "</html");
}

/* At a '<'. */
static int take_markup(struct arena *arena, struct page *page, struct meta_tags *tags)
{
	if (starts_with(page, "<!--")) {
		page->at += strlen("<!--");
		skip_to(page, "-->");
		return 0;
	}
	if (skip_text_element(page))
		return 0;
	if (is_tag(page, "<meta")) {
		struct attributes attributes;

		page->at += strlen("<meta");
		attributes = take_attributes(page);
		return add_tag(arena, &attributes, tags);
	}
	/* Any other tag: its attributes may hold a '<' or a '>' in quotes. */
	page->at++;
	if (page->at < page->end && !is_space(*page->at))
		(void)take_attributes(page);
	return 0;
}

int meta_tags_scan(struct arena *arena, const char *html, size_t length, struct meta_tags *ret)
{
	struct page page = { html, html + length };
	struct meta_tags tags = { .items = arena_array(arena, META_TAGS_MAX, struct meta_tag) };

	if (tags.items == NULL)
		return -ENOMEM;
	while (page.at < page.end && tags.n < META_TAGS_MAX) {
		int r;

		if (*page.at != '<') {
			page.at++;
			continue;
		}
		if (is_end_of_head(&page))
			break;
		r = take_markup(arena, &page, &tags);
		if (r < 0)
			return r;
	}
	*ret = tags;
	return 0;
}
