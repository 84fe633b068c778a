/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/meta_tags.h"

#include "tests/unit/test.h"

static struct arena arena;

static struct meta_tags scan(const char *html)
{
	struct meta_tags tags = { .n = 77 };

	check_int(meta_tags_scan(&arena, html, strlen(html), &tags), 0);
	return tags;
}

static void check_tag(const struct meta_tags *tags, size_t i, const char *name, const char *content)
{
	check_true(i < tags->n);
	check_text(tags->items[i].name, name);
	check_text(tags->items[i].content, content);
}

TEST(tags_are_found_however_they_are_written)
{
	struct meta_tags tags =
	    scan("<!DOCTYPE html><html><head>\n<meta charset=utf-8>"
		 "<meta name=\"a\" content=\"one two\">"
		 "<META CONTENT='quote\"d' NAME=b />"
		 "<meta\n\tname = c\n content = plain/url>"
		 "<meta name=d content=\"&lt;x&gt; &amp;&quot;&#39; &unknown;\">"
		 "<meta name=\"e\" content=\"x > y\"/>"
		 "<meta name=f content>"
		 "<link a='<meta name=no content=no>'>");

	check_uint(tags.n, 6);
	check_tag(&tags, 0, "a", "one two");
	check_tag(&tags, 1, "b", "quote\"d");
	check_tag(&tags, 2, "c", "plain/url");
	check_tag(&tags, 3, "d", "<x> &\"' &unknown;");
	check_tag(&tags, 4, "e", "x > y");
	check_tag(&tags, 5, "f", "");
}

TEST(what_only_looks_like_a_tag_is_none)
{
	check_uint(scan("<!-- <meta name=a content=b> -->").n, 0);
	check_uint(scan("<script>'<meta name=a content=b>'</script>").n, 0);
	check_uint(scan("<title><meta name=a content=b></title>").n, 0);
	check_uint(scan("<style x=y><meta name=a content=b></style>").n, 0);
	check_uint(scan("<metal name=a content=b>").n, 0);
	check_uint(scan("<meta content=b>").n, 0);
	check_uint(scan("<meta name=a>").n, 0);
	check_uint(scan("< meta name=a content=b>").n, 0);
	check_uint(scan("<meta name=a content='b\xc3\xa4'>").n, 0);
	check_uint(scan("<meta name=a content='b\x01'>").n, 0);
}

TEST(what_users_write_into_a_page_is_not_looked_at)
{
	check_uint(scan("<head></head><meta name=a content=b>").n, 0);
	check_uint(scan("<head><body class=x><meta name=a content=b>").n, 0);
	check_uint(scan("<html></HTML><meta name=a content=b>").n, 0);
}

TEST(a_page_may_end_anywhere)
{
	static const char page[] = "<head><meta name='a' content=\"b&amp;c\" ><!-- x --></head>";
	struct meta_tags tags;

	for (size_t length = 0; length < sizeof(page); length++) {
		char *exact = malloc(length + 1);

		check_true(exact != NULL);
		memcpy(exact, page, length);
		check_int(meta_tags_scan(&arena, exact, length, &tags), 0);
		check_true(tags.n <= 1);
		free(exact);
	}
}

TEST(only_so_many_tags_and_bytes_are_taken)
{
	static char page[META_TAGS_MAX * 40];
	char *at = page;

	for (size_t i = 0; i < META_TAGS_MAX + 20; i++)
		at += snprintf(at, (size_t)(page + sizeof(page) - at), "<meta name=a content=b>");
	check_uint(scan(page).n, META_TAGS_MAX);
	memset(page, 'x', META_VALUE_MAX + 100);
	memcpy(page, "<meta name=a content=", 21);
	page[META_VALUE_MAX + 100] = '\0';
	check_uint(scan(page).n, 0);
}
