/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "stage0/store/store_chain.h"

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In place: "//a/./b/" becomes "a/b". */
static void make_plain(char *path)
{
	char *to = path, *rest = path, *part;

	while ((part = strsep(&rest, "/")) != NULL) {
		if (part[0] == '\0' || strcmp(part, ".") == 0)
			continue;
		if (to != path)
			*to++ = '/';
		memmove(to, part, strlen(part) + 1);
		to += strlen(to);
	}
	*to = '\0';
}

static size_t count_parts(const struct manifest_strings *whitelist)
{
	size_t n = 0;

	for (size_t i = 0; i < whitelist->n; i++) {
		n++;
		for (const char *p = whitelist->items[i]; *p != '\0'; p++)
			n += *p == '/';
	}
	return n;
}

/* The path and each directory on the way to it. */
static int add_path(struct arena *arena, const char *text, const char **paths, size_t *n)
{
	char *path = arena_string(arena, text);

	if (path == NULL)
		return -ENOMEM;
	make_plain(path);
	if (path[0] == '\0')
		return 0;
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		paths[*n] = arena_bytes(arena, path, (size_t)(slash - path));
		if (paths[*n] == NULL)
			return -ENOMEM;
		(*n)++;
	}
	paths[(*n)++] = path;
	return 0;
}

const struct store_filter *store_filter_make(struct arena *arena,
					     const struct manifest_strings *whitelist,
					     const struct store_filter *next)
{
	struct store_filter *filter = arena_new(arena, struct store_filter);
	const char **paths = arena_array(arena, count_parts(whitelist), const char *);

	if (filter == NULL || paths == NULL)
		return NULL;
	for (size_t i = 0; i < whitelist->n; i++)
		if (add_path(arena, whitelist->items[i], paths, &filter->n) < 0)
			return NULL;
	if (filter->n > 0)
		qsort(paths, filter->n, sizeof(*paths), compare_paths);
	filter->paths = paths;
	filter->next = next;
	return filter;
}

bool store_filter_passes(const struct store_filter *filter, const char *path)
{
	for (; filter != NULL; filter = filter->next)
		if (bsearch(&path, filter->paths, filter->n, sizeof(*filter->paths),
			    compare_paths) == NULL)
			return false;
	return true;
}
