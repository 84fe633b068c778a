/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/tree_sums.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "stage0/store/store_place.h"
#include "stage0/store/tree_walk.h"

#define FLUSH_BYTES ((size_t)64 << 10)

/* Five million entries with long names. */
#define SUMS_MAX    ((size_t)2 << 30)

/* What stands before the path of a line, in its order. */
static const char *const fields[] = { "type", "mode", "user",   "group",  "device",
				      "time", "size", "xattrs", "content" };

struct recording {
	int fd;
	struct text pending;
};

static int flush(struct recording *recording, struct error *err)
{
	int r = text_status(&recording->pending);

	if (r == 0)
		r = file_write_fd(recording->fd, text_string(&recording->pending),
				  recording->pending.length);
	text_reset(&recording->pending);
	return r < 0 ? error_set(err, -r, "writing %s: %s", STORE_SUMS, strerror(-r)) : 0;
}

static int write_line(void *context, const char *line, struct error *err)
{
	struct recording *recording = context;

	(void)text_printf(&recording->pending, "%s\n", line);
	return recording->pending.length < FLUSH_BYTES ? 0 : flush(recording, err);
}

static int walk_image(const struct tree_walk *walk, int tree, struct error *err)
{
	int r = tree_walk(walk, tree, STORE_MANIFEST, err);

	return r < 0 ? r : tree_walk(walk, tree, STORE_ROOTFS, err);
}

int tree_sums_record(int tree, struct error *err)
{
	auto_close int fd =
	    openat(tree, STORE_SUMS, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct recording recording = { .fd = fd };
	const struct tree_walk walk = { .line = write_line, .context = &recording };
	int r;

	if (fd < 0)
		return error_from_errno(err, "making %s", STORE_SUMS);
	r = walk_image(&walk, tree, err);
	if (r == 0)
		r = flush(&recording, err);
	text_release(&recording.pending);
	return r < 0 ? error_prefix(err, "summing up the image") : 0;
}

struct lines {
	char **items; /* into the text; sorted by path */
	size_t n;
};

static int add_line(void *context, const char *line, struct error *err)
{
	struct text *text = context;

	(void)text_printf(text, "%s\n", line);
	return text_status(text) < 0 ? error_set(err, ENOMEM, "summing up the image") : 0;
}

static const char *path_of(const char *line)
{
	const char *blank = strrchr(line, ' '); /* a path has none */

	return blank == NULL ? line : blank + 1;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(path_of(*(char *const *)a), path_of(*(char *const *)b));
}

/* Cuts the text into its lines. */
static int split(struct text *text, struct lines *ret)
{
	size_t n = 1;
	char *rest = text->data, *line;

	for (const char *p = text_string(text); *p != '\0'; p++)
		n += *p == '\n';
	ret->items = calloc(n, sizeof(*ret->items));
	if (ret->items == NULL)
		return -ENOMEM;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			ret->items[ret->n++] = line;
	qsort(ret->items, ret->n, sizeof(*ret->items), compare_paths);
	return 0;
}

/* The first difference of two lines of one path; sums are only said to differ. */
static void describe(const char *was, const char *is, char *ret, size_t size)
{
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		int was_length = (int)strcspn(was, " "), is_length = (int)strcspn(is, " ");

		if (was_length != is_length || strncmp(was, is, (size_t)was_length) != 0) {
			if (i + 2 < ARRAY_LENGTH(fields))
				(void)snprintf(ret, size, "%s is %.*s, was %.*s", fields[i],
					       is_length, is, was_length, was);
			else
				(void)snprintf(ret, size, "%s differs", fields[i]);
			return;
		}
		was += was_length + (was[was_length] == ' ');
		is += is_length + (is[is_length] == ' ');
	}
	(void)snprintf(ret, size, "differs");
}

/* Which of the two next lines comes first; a list that has ended has none any more. */
static int next_order(const struct lines *was, size_t i, const struct lines *is, size_t j)
{
	if (i == was->n)
		return 1;
	if (j == is->n)
		return -1;
	return compare_paths(&was->items[i], &is->items[j]);
}

static int compare_lines(const struct lines *was, const struct lines *is,
			 const struct tree_sums_reader *reader)
{
	size_t i = 0, j = 0;
	int n = 0;

	while (i < was->n || j < is->n) {
		int order = next_order(was, i, is, j);
		const char *path = path_of(order > 0 ? is->items[j] : was->items[i]);
		char how[160] = "is missing";

		if (order > 0)
			(void)snprintf(how, sizeof(how), "was not there");
		else if (order == 0)
			describe(was->items[i], is->items[j], how, sizeof(how));
		if (order != 0 || strcmp(was->items[i], is->items[j]) != 0) {
			reader->differs(reader->context, path, how);
			n += n < INT32_MAX;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return n;
}

static int compare_texts(struct text *was, struct text *is, const struct tree_sums_reader *reader,
			 struct error *err)
{
	struct lines before = { 0 }, now = { 0 };
	int r = split(was, &before);

	if (r == 0)
		r = split(is, &now);
	r = r < 0 ? error_set(err, -r, "comparing the sums of an image")
		  : compare_lines(&before, &now, reader);
	free(before.items);
	free(now.items);
	return r;
}

int tree_sums_compare(int tree, const struct tree_sums_reader *reader, struct error *err)
{
	auto_text struct text was = { .cap = SUMS_MAX }, is = { .cap = SUMS_MAX };
	const struct tree_walk walk = { .line = add_line, .context = &is };
	int r = file_read_at(tree, STORE_SUMS, SUMS_MAX, &was, err);

	if (r == 0)
		r = walk_image(&walk, tree, err);
	return r < 0 ? r : compare_texts(&was, &is, reader, err);
}

int tree_sums_compare_trees(int tree, int model, const struct tree_sums_reader *reader,
			    struct error *err)
{
	auto_text struct text was = { .cap = SUMS_MAX }, is = { .cap = SUMS_MAX };
	struct tree_walk walk = { .by_inode = true, .line = add_line, .context = &was };
	int r = tree_walk(&walk, model, STORE_ROOTFS, err);

	walk.context = &is;
	if (r == 0)
		r = tree_walk(&walk, tree, STORE_ROOTFS, err);
	return r < 0 ? r : compare_texts(&was, &is, reader, err);
}
