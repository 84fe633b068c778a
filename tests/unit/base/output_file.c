/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/output_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "tests/unit/test.h"

struct place {
	char directory[32];
	char path[48];
};

static void begin(struct place *place)
{
	(void)snprintf(place->directory, sizeof(place->directory), "/tmp/rkt-output-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place->directory));
	(void)snprintf(place->path, sizeof(place->path), "%s/file", place->directory);
}

/* Also that nothing else is there. */
static void end(struct place *place)
{
	(void)unlink(place->path);
	check_int(rmdir(place->directory), 0);
}

#define auto_place CLEANUP(end)

static void check_content(const struct place *place, const char *wanted)
{
	auto_text struct text content = { 0 };
	struct error err = { 0 };

	check_ok(file_read_at(AT_FDCWD, place->path, 64, &content, &err), &err);
	check_text(text_string(&content), wanted);
}

static int write_to(const struct place *place, bool is_new, const char *content, struct error *err)
{
	auto_output_file struct output_file file = OUTPUT_FILE_NONE;
	int r;

	file.is_new = is_new;
	r = output_file_open(&file, place->path, err);
	if (r < 0)
		return r;
	check_int(file_write_fd(file.fd, content, strlen(content)), 0);
	check_true(is_new ? access(place->path, F_OK) < 0 : true);
	return output_file_commit(&file, err);
}

TEST(a_file_appears_whole_and_replaces_another)
{
	auto_place struct place place;
	struct error err = { 0 };

	begin(&place);
	check_ok(write_to(&place, false, "one", &err), &err);
	check_content(&place, "one");
	check_ok(write_to(&place, false, "two", &err), &err);
	check_content(&place, "two");
}

TEST(a_new_file_replaces_nothing)
{
	auto_place struct place place;
	auto_output_file struct output_file file = OUTPUT_FILE_NONE;
	struct error err = { 0 };

	begin(&place);
	check_ok(write_to(&place, true, "one", &err), &err);
	check_int(write_to(&place, true, "two", &err), -EEXIST);
	check_content(&place, "one");
	/* Nor one that came meanwhile. */
	check_int(unlink(place.path), 0);
	file.is_new = true;
	check_ok(output_file_open(&file, place.path, &err), &err);
	check_ok(write_to(&place, true, "meanwhile", &err), &err);
	check_int(output_file_commit(&file, &err), -EEXIST);
	check_content(&place, "meanwhile");
}

TEST(what_is_not_committed_leaves_nothing)
{
	auto_place struct place place;
	struct error err = { 0 };

	begin(&place);
	{
		auto_output_file struct output_file file = OUTPUT_FILE_NONE;

		check_ok(output_file_open(&file, place.path, &err), &err);
		check_int(file_write_fd(file.fd, "x", 1), 0);
	}
	check_true(access(place.path, F_OK) < 0);
}

TEST(only_a_regular_file_is_replaced)
{
	auto_place struct place place;
	struct error err = { 0 };

	begin(&place);
	check_int(symlink("/dev/null", place.path), 0);
	check_int(write_to(&place, false, "x", &err), -EINVAL);
	check_contains(err.text, "not a regular file");
	check_int(unlink(place.path), 0);
	check_int(mkfifo(place.path, 0600), 0);
	check_int(write_to(&place, false, "x", &err), -EINVAL);
}
