/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_remote.h"

#include <errno.h>

#include "stage0/store/store_remote_files.h"
#include "tests/unit/store/store_fixture.h"

#define URL "https://example.com/a.aci?x=\"y\""

static struct store_remote_record make_record(const struct store *store)
{
	struct store_remote_record record = {
		.etag = "\"abc\"", .max_age_s = 60, .fetched_s = 1700000000, .verified = true
	};
	char place[96];

	make_id(record.id, "0a");
	(void)snprintf(place, sizeof(place), "image/0a/%s", record.id);
	if (mkdirat(store->cas, "image/0a", 0755) == 0)
		put_file(store->cas, place, "");
	return record;
}

TEST(what_is_noted_is_found_by_its_url)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_remote struct store_remote remote = STORE_REMOTE_NONE;
	struct store_remote_record record, found;
	struct error err = { 0 };

	store_fixture_begin(&fixture);
	record = make_record(&fixture.store);
	check_int(store_remote_find(&fixture.store, URL, &found, &err), -ENOENT);
	check_ok(store_remote_open(&fixture.store, URL, &remote, &err), &err);
	check_ok(store_remote_note(&remote, &record, &err), &err);
	check_ok(store_remote_find(&fixture.store, URL, &found, &err), &err);
	check_text(found.id, record.id);
	check_text(found.etag, "\"abc\"");
	check_uint(found.max_age_s, 60);
	check_uint(found.fetched_s, 1700000000);
	check_true(found.verified);
	check_int(store_remote_find(&fixture.store, URL "x", &found, &err), -ENOENT);
}

TEST(a_record_of_another_url_or_without_image_is_none)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_remote struct store_remote remote = STORE_REMOTE_NONE;
	struct store_remote_record record, found;
	struct error err = { 0 };
	char name[STORE_REMOTE_NAME_SIZE];

	store_fixture_begin(&fixture);
	record = make_record(&fixture.store);
	check_ok(store_remote_open(&fixture.store, URL, &remote, &err), &err);
	check_ok(store_remote_note(&remote, &record, &err), &err);
	store_remote_name(remote.key, STORE_REMOTE_RECORD, name);
	/* A collision of keys. */
	check_int(store_remote_read_record(remote.dir, name, "https://other.example/", &found),
		  -ENOENT);
	check_int(store_remote_read_record(remote.dir, name, NULL, &found), 0);
	make_id(record.id, "0b");
	check_ok(store_remote_note(&remote, &record, &err), &err);
	check_int(store_remote_find(&fixture.store, URL, &found, &err), -ENOENT);
}

TEST(a_damaged_file_is_as_good_as_none)
{
	static const char *const contents[] = { "", "{", "[]", "{\"url\":7}",
						"{\"url\":\"" URL "\"}" };
	auto_store_fixture struct store_fixture fixture;
	auto_store_remote struct store_remote remote = STORE_REMOTE_NONE;
	struct error err = { 0 };
	char name[STORE_REMOTE_NAME_SIZE];

	store_fixture_begin(&fixture);
	check_ok(store_remote_open(&fixture.store, URL, &remote, &err), &err);
	store_remote_name(remote.key, STORE_REMOTE_RECORD, name);
	for (size_t i = 0; i < ARRAY_LENGTH(contents); i++) {
		struct store_remote_record found;

		(void)unlinkat(remote.dir, name, 0);
		put_file(remote.dir, name, contents[i]);
		check_int(store_remote_find(&fixture.store, URL, &found, &err), -ENOENT);
	}
}

TEST(a_part_is_gone_on_with_when_it_is_known_what_it_is)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_remote struct store_remote remote = STORE_REMOTE_NONE;
	struct store_remote_head head = { .etag = "\"e\"", .has_total = true, .total = 9 }, found;
	auto_close int file = FD_NONE, again = FD_NONE, fresh = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	store_fixture_begin(&fixture);
	check_ok(store_remote_open(&fixture.store, URL, &remote, &err), &err);
	check_ok(store_remote_part(&remote, &file, &found, &err), &err);
	check_true(found.etag[0] == '\0' && !found.has_total);
	check_ok(store_remote_begin(&remote, &head, &err), &err);
	check_int(write(file, "part", 4), 4);
	check_ok(store_remote_part(&remote, &again, &found, &err), &err);
	check_true(found.has_total && found.total == 9);
	check_text(found.etag, "\"e\"");
	check_int(fstat(again, &st), 0);
	check_int(st.st_size, 4);
	store_remote_end(&remote);
	check_ok(store_remote_part(&remote, &fresh, &found, &err), &err);
	check_true(!found.has_total);
	check_int(fstat(fresh, &st), 0);
	check_int(st.st_size, 0);
}

TEST(a_part_without_a_head_is_emptied)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_remote struct store_remote remote = STORE_REMOTE_NONE;
	struct store_remote_head found;
	auto_close int file = FD_NONE;
	struct error err = { 0 };
	char name[STORE_REMOTE_NAME_SIZE];
	struct stat st;

	store_fixture_begin(&fixture);
	check_ok(store_remote_open(&fixture.store, URL, &remote, &err), &err);
	store_remote_name(remote.key, STORE_REMOTE_PART, name);
	put_file(remote.dir, name, "of nobody knows what");
	check_ok(store_remote_part(&remote, &file, &found, &err), &err);
	check_int(fstat(file, &st), 0);
	check_int(st.st_size, 0);
}

TEST(collection_leaves_what_is_needed_or_in_use)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_remote struct store_remote kept = STORE_REMOTE_NONE, used = STORE_REMOTE_NONE;
	auto_store_remote struct store_remote left = STORE_REMOTE_NONE;
	struct store_remote_record record, found;
	struct store_remote_head head;
	auto_close int file = FD_NONE;
	struct error err = { 0 };
	char name[STORE_REMOTE_NAME_SIZE];

	store_fixture_begin(&fixture);
	record = make_record(&fixture.store);
	check_ok(store_remote_open(&fixture.store, URL, &kept, &err), &err);
	check_ok(store_remote_note(&kept, &record, &err), &err);
	store_remote_release(&kept);
	check_ok(store_remote_open(&fixture.store, URL "left", &left, &err), &err);
	check_ok(store_remote_part(&left, &file, &head, &err), &err);
	store_remote_release(&left);
	check_ok(store_remote_open(&fixture.store, URL "used", &used, &err), &err);
	check_ok(store_remote_collect(&fixture.store, UINT64_MAX, &err), &err);
	check_ok(store_remote_find(&fixture.store, URL, &found, &err), &err);
	store_remote_name(used.key, STORE_REMOTE_LOCK, name);
	check_int(faccessat(used.dir, name, F_OK, 0), 0);
	store_remote_name(left.key, STORE_REMOTE_PART, name);
	check_int(faccessat(used.dir, name, F_OK, 0), -1);
	store_remote_name(left.key, STORE_REMOTE_LOCK, name);
	check_int(faccessat(used.dir, name, F_OK, 0), -1);
}
