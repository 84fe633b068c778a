/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_names.h"
#include "tests/unit/store/store_fixture.h"

static void check_found(const struct store_fixture *fixture, const char *reference,
			const char *digits)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };
	char id[STORE_ID_SIZE];

	check_ok(store_find(&fixture->store, reference, &image, &err), &err);
	check_text(image.id, make_id(id, digits));
	check_int(faccessat(image.tree, "rootfs", F_OK, 0), 0);
}

static void check_missing(const struct store_fixture *fixture, const char *reference, int code)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };

	check_int(store_find(&fixture->store, reference, &image, &err), -code);
	check_contains(err.text, reference);
}

TEST(an_image_is_found_by_id_by_prefix_and_by_name)
{
	auto_store_fixture struct store_fixture fixture;
	char id[STORE_ID_SIZE];

	store_fixture_begin(&fixture);
	put_version(&fixture, "0a1b", "example.com/app", "v1", 1);
	check_found(&fixture, make_id(id, "0a1b"), "0a1b");
	check_found(&fixture, "sha512-0", "0a1b");
	check_found(&fixture, "sha512-0a1b", "0a1b");
	check_found(&fixture, "example.com/app", "0a1b");
	check_found(&fixture, "example.com/app:v1", "0a1b");
	check_missing(&fixture, "example.com/app:v2", ENOENT);
	check_missing(&fixture, "example.com/ap", ENOENT);
	check_missing(&fixture, "sha512-0b", ENOENT);
}

TEST(a_prefix_of_two_ids_is_ambiguous)
{
	auto_store_fixture struct store_fixture fixture;

	store_fixture_begin(&fixture);
	put_version(&fixture, "0a1b", "example.com/a", "v1", 1);
	put_version(&fixture, "0a1c", "example.com/b", "v1", 2);
	put_version(&fixture, "0b00", "example.com/c", "v1", 3);
	check_missing(&fixture, "sha512-0", ENOTUNIQ);
	check_missing(&fixture, "sha512-0a", ENOTUNIQ);
	check_missing(&fixture, "sha512-0a1", ENOTUNIQ);
	check_found(&fixture, "sha512-0a1c", "0a1c");
	check_found(&fixture, "sha512-0b", "0b00");
}

TEST(the_latest_import_of_a_name_wins)
{
	auto_store_fixture struct store_fixture fixture;

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	put_version(&fixture, "02", "example.com/app", "v2", 2);
	check_found(&fixture, "example.com/app", "02");
	check_found(&fixture, "example.com/app:v1", "01");
	put_version(&fixture, "01", "example.com/app", "v1", 3);
	check_found(&fixture, "example.com/app", "01");
}

TEST(labels_with_blanks_and_percent_signs_survive)
{
	auto_store_fixture struct store_fixture fixture;
	auto_arena struct arena arena = { 0 };
	struct store_entry entry;
	struct error err = { 0 };
	char id[STORE_ID_SIZE];

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "a b%20\n=,c", 1);
	check_ok(store_read_entry(&fixture.store, &arena, make_id(id, "01"), &entry, &err), &err);
	check_text(manifest_pairs_get(&entry.record.labels, "version"), "a b%20\n=,c");
}

TEST(names_too_long_for_a_file_name_are_found)
{
	auto_store_fixture struct store_fixture fixture;
	char name[600], other[600];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memcpy(other, name, sizeof(name));
	other[sizeof(other) - 2] = 'b';
	store_fixture_begin(&fixture);
	put_version(&fixture, "01", name, "v1", 1);
	put_version(&fixture, "02", other, "v1", 2);
	check_found(&fixture, name, "01");
	check_found(&fixture, other, "02");
}

TEST(a_lost_name_comes_back_from_the_records)
{
	auto_store_fixture struct store_fixture fixture;

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	put_version(&fixture, "02", "example.com/app", "v2", 2);
	/* As after an import that died before its last step. */
	check_int(unlinkat(fixture.dir, "cas/names/example.com%app", 0), 0);
	check_found(&fixture, "example.com/app", "02");
	check_true(is_there(&fixture, "cas/names/example.com%app"));
}

TEST(a_damaged_names_file_is_rebuilt)
{
	auto_store_fixture struct store_fixture fixture;

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	check_int(unlinkat(fixture.dir, "cas/names/example.com%app", 0), 0);
	put_file(fixture.dir, "cas/names/example.com%app", "1 2 3\n\n../../x\n%%%\n");
	check_found(&fixture, "example.com/app", "01");
}

TEST(a_name_that_leads_to_a_removed_image_is_passed_over)
{
	auto_store_fixture struct store_fixture fixture;
	char id[STORE_ID_SIZE], place[128];

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	put_version(&fixture, "02", "example.com/app", "v2", 2);
	(void)snprintf(place, sizeof(place), "cas/image/02/%s", make_id(id, "02"));
	check_int(unlinkat(fixture.dir, place, 0), 0);
	check_found(&fixture, "example.com/app", "01");
}

TEST(two_imports_of_one_image_leave_one)
{
	auto_store_fixture struct store_fixture fixture;
	auto_arena struct arena arena = { 0 };
	struct store_entries entries;
	struct error err = { 0 };

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	put_version(&fixture, "01", "example.com/app", "v1", 2);
	check_ok(store_list(&fixture.store, &arena, &entries, &err), &err);
	check_uint(entries.n, 1);
	check_uint(entries.items[0].record.imported_ns, 2);
}
