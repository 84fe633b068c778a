/* SPDX-License-Identifier: Apache-2.0 */
/* Every manifest that the original rkt wrote: read, written, read again, and the same. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/json/json_reader.h"
#include "common/manifest/pod_manifest.h"
#include "tests/unit/test.h"

static void write_again(struct arena *arena, const char *name, const struct text *in,
			struct text *out)
{
	struct image_manifest image;
	struct pod_manifest pod;
	struct error err = { 0 };

	if (strncmp(name, "pod-", 4) == 0) {
		check_ok(pod_manifest_parse(arena,
					    &(const struct json_source){ .text = in->data,
									 .length = in->length,
									 .place = name },
					    &pod, &err),
			 &err);
		check_int(pod_manifest_write(&pod, out), 0);
	} else {
		check_ok(image_manifest_parse(arena,
					      &(const struct json_source){ .text = in->data,
									   .length = in->length,
									   .place = name },
					      &image, &err),
			 &err);
		check_int(image_manifest_write(&image, out), 0);
	}
}

static bool is_nothing(const struct json_value *value)
{
	switch (value->kind) {
	case JSON_VALUE_NULL:
		return true;
	case JSON_VALUE_BOOL:
		return !value->flag;
	case JSON_VALUE_ARRAY:
		return value->array.n == 0;
	default:
		return false;
	}
}

static bool is_contained(const struct json_value *a, const struct json_value *b);

/* Every member of a that says something is in b. */
static bool members_are_contained(const struct json_value *a, const struct json_value *b)
{
	for (size_t i = 0; i < a->object.n; i++) {
		const struct json_value *mine = &a->object.items[i].value;
		const struct json_value *other = json_value_member(b, a->object.items[i].name);

		if (other == NULL ? !is_nothing(mine) : !is_contained(mine, other))
			return false;
	}
	return true;
}

static bool is_contained(const struct json_value *a, const struct json_value *b)
{
	if (is_nothing(a) && is_nothing(b))
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case JSON_VALUE_STRING:
		return strcmp(a->string, b->string) == 0;
	case JSON_VALUE_INTEGER:
		return a->integer == b->integer;
	case JSON_VALUE_OBJECT:
		return members_are_contained(a, b);
	case JSON_VALUE_ARRAY:
		if (a->array.n != b->array.n)
			return false;
		for (size_t i = 0; i < a->array.n; i++) {
			if (!is_contained(&a->array.items[i], &b->array.items[i]))
				return false;
		}
		return true;
	default:
		return a->kind == JSON_VALUE_BOOL && a->flag == b->flag;
	}
}

static void check_same(struct arena *arena, const char *name, const struct text *a,
		       const struct text *b)
{
	const struct json_source sources[] = {
		{ .text = a->data, .length = a->length, .place = name },
		{ .text = b->data, .length = b->length, .place = name },
	};
	struct json_value values[2];
	struct error err = { 0 };

	for (int i = 0; i < 2; i++)
		check_ok(json_read(arena, &sources[i], &values[i], &err), &err);
	ck_assert_msg(is_contained(&values[0], &values[1]) && is_contained(&values[1], &values[0]),
		      "%s: \"%s\" became \"%s\"", name, a->data, b->data);
}

static void check_file(int directory, const char *name)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text original = { 0 }, once = { 0 }, twice = { 0 };
	struct error err = { 0 };

	check_ok(file_read_at(directory, name, MANIFEST_MAX_BYTES, &original, &err), &err);
	write_again(&arena, name, &original, &once);
	write_again(&arena, name, &once, &twice);
	check_text(text_string(&twice), text_string(&once));
	check_same(&arena, name, &original, &once);
}

TEST(every_manifest_of_rkt_survives)
{
	DIR *directory = opendir(DATA_DIRECTORY);
	const struct dirent *entry;
	int n = 0;

	check_true(directory != NULL);
	while ((entry = readdir(directory)) != NULL) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		check_file(dirfd(directory), entry->d_name);
		n++;
	}
	check_int(n, 13);
	check_int(closedir(directory), 0);
}

TEST(the_override_of_the_command_line_stays_behind_the_images_own)
{
	auto_arena struct arena arena = { 0 };
	auto_text struct text text = { 0 };
	struct pod_manifest pod;
	struct error err = { 0 };
	const struct isolator *last;

	check_ok(file_read_at(AT_FDCWD, DATA_DIRECTORY "/pod-kitchen.json", MANIFEST_MAX_BYTES,
			      &text, &err),
		 &err);
	check_ok(pod_manifest_parse(&arena,
				    &(const struct json_source){ .text = text.data,
								 .length = text.length,
								 .place = "kitchen" },
				    &pod, &err),
		 &err);
	check_uint(pod.apps[0].app->n_isolators, 6);
	check_uint(pod.apps[0].app->isolators[0].quantity.limit, 25 << 20);
	last = isolators_last(pod.apps[0].app->isolators, pod.apps[0].app->n_isolators,
			      ISOLATOR_MEMORY);
	check_uint(last->quantity.limit, 50000000);
}
