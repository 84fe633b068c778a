/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/endpoints.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/text.h"

#define IMAGE_EXTENSION     "aci"
#define SIGNATURE_EXTENSION "aci.asc"

/* What fills a template, and how well it did. */
struct filling {
	const char *name;
	const struct manifest_pairs *labels;
	const char *version; /* for want of a label; NULL: none */
	const char *extension;
};

/* The content's first word is a prefix of the name; the second one, which is the last. */
static const char *second_word(struct arena *arena, const char *content, const char *name)
{
	size_t skipped = strspn(content, " "), n;
	const char *url;

	content += skipped;
	n = strcspn(content, " ");
	if (n == 0 || strncmp(content, name, n) != 0)
		return NULL;
	url = content + n + strspn(content + n, " ");
	n = strcspn(url, " ");
	if (n == 0 || url[n + strspn(url + n, " ")] != '\0')
		return NULL;
	return arena_bytes(arena, url, n);
}

/* What is in a path as it is; a slash in a label's value would lead elsewhere. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~!$'()*+,;=:@", c) != NULL);
}

static void append_encoded(struct text *out, const char *value)
{
	for (; *value != '\0'; value++)
		if (is_plain(*value))
			(void)text_append_char(out, *value);
		else
			(void)text_printf(out, "%%%02X", (unsigned)(unsigned char)*value);
}

/* The value of "{key}"; NULL: it has none. */
static const char *value_of(const struct filling *filling, const char *key, size_t length)
{
	static const char version[] = "version";

	for (size_t i = 0; i < filling->labels->n; i++)
		if (strlen(filling->labels->items[i].name) == length &&
		    strncmp(filling->labels->items[i].name, key, length) == 0)
			return filling->labels->items[i].value;
	return length == strlen(version) && strncmp(key, version, length) == 0 ? filling->version
									       : NULL;
}

static bool is_key(const char *key, size_t length, const char *wanted)
{
	return length == strlen(wanted) && strncmp(key, wanted, length) == 0;
}

/* How many labels were filled in; -1: not all that the template asks for are there. */
static int fill(const char *template, const struct filling *filling, struct text *out)
{
	int used = 0;

	while (*template != '\0') {
		size_t plain = strcspn(template, "{"), length;
		const char *key = template + plain + 1, *value;

		(void)text_append_bytes(out, template, plain);
		if (template[plain] == '\0')
			break;
		length = strcspn(key, "}");
		if (key[length] == '\0')
			return -1;
		template = key + length + 1;
		if (is_key(key, length, "name")) {
			/* An AC identifier, which is fit for a path, slashes included. */
			(void)text_append(out, filling->name);
			continue;
		}
		if (is_key(key, length, "ext")) {
			(void)text_append(out, filling->extension);
			continue;
		}
		value = value_of(filling, key, length);
		if (value == NULL)
			return -1;
		append_encoded(out, value);
		used++;
	}
	return used;
}

/* 1 with *ret filled and how many labels were used; 0: the template is not for this image. */
static int render(struct arena *arena, const char *template, const struct filling *filling,
		  struct endpoint *ret, int *ret_used)
{
	struct filling of_signature = *filling;
	auto_text struct text image = { .cap = META_VALUE_MAX };
	auto_text struct text signature = { .cap = META_VALUE_MAX };
	int used;

	/* Without it the signature would be the image itself. */
	if (strstr(template, "{ext}") == NULL)
		return 0;
	of_signature.extension = SIGNATURE_EXTENSION;
	used = fill(template, filling, &image);
	if (used < 0 || fill(template, &of_signature, &signature) < 0)
		return 0;
	if (text_status(&image) < 0 || text_status(&signature) < 0)
		return text_status(&image) == -ENOMEM ? -ENOMEM : 0;
	ret->image = arena_string(arena, text_string(&image));
	ret->signature = arena_string(arena, text_string(&signature));
	*ret_used = used;
	return ret->image == NULL || ret->signature == NULL ? -ENOMEM : 1;
}

static int find_images(struct arena *arena, const struct meta_tags *tags,
		       const struct filling *filling, struct endpoints *found)
{
	int most = 0;

	found->n_images = 0;
	for (size_t i = 0; i < tags->n; i++) {
		struct endpoint endpoint;
		const char *template;
		int used, r;

		if (strcmp(tags->items[i].name, "ac-discovery") != 0)
			continue;
		template = second_word(arena, tags->items[i].content, filling->name);
		r = template == NULL ? 0 : render(arena, template, filling, &endpoint, &used);
		if (r < 0)
			return r;
		if (r == 0 || used < most)
			continue;
		if (used > most) {
			most = used;
			found->n_images = 0;
		}
		if (found->n_images < ENDPOINTS_MAX)
			found->images[found->n_images++] = endpoint;
	}
	return 0;
}

static void find_keys(struct arena *arena, const struct meta_tags *tags, const char *name,
		      struct endpoints *found)
{
	for (size_t i = 0; i < tags->n && found->n_keys < ENDPOINTS_MAX; i++) {
		const char *url = NULL;

		if (strcmp(tags->items[i].name, "ac-discovery-pubkeys") == 0)
			url = second_word(arena, tags->items[i].content, name);
		if (url != NULL)
			found->keys[found->n_keys++] = url;
	}
}

int endpoints_find(struct arena *arena, const struct meta_tags *tags, const char *name,
		   const struct manifest_pairs *labels, struct endpoints *ret)
{
	struct filling filling = { .name = name, .labels = labels, .extension = IMAGE_EXTENSION };
	struct endpoints found = { .n_images = 0 };
	int r = find_images(arena, tags, &filling, &found);

	if (r == 0 && found.n_images == 0) {
		filling.version = "latest";
		r = find_images(arena, tags, &filling, &found);
	}
	if (r < 0)
		return r;
	find_keys(arena, tags, name, &found);
	*ret = found;
	return 0;
}
