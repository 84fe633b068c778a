/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/store/store_fixture.h"

static int used(void *context, const char *tree_id, struct error *err)
{
	(void)tree_id;
	(void)err;
	return *(const bool *)context;
}

static bool tree_is_there(const struct store_fixture *fixture, const char *digits)
{
	char id[STORE_ID_SIZE], place[128];

	(void)snprintf(place, sizeof(place), "cas/tree/deps-%s", make_id(id, digits));
	return is_there(fixture, place);
}

static bool is_found(const struct store_fixture *fixture, const char *reference)
{
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };

	return store_find(&fixture->store, reference, &image, &err) == 0;
}

TEST(a_removed_image_is_gone_with_its_tree_and_name)
{
	auto_store_fixture struct store_fixture fixture;
	bool in_use = false, kept = true;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	char id[STORE_ID_SIZE];

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	check_ok(store_remove(&fixture.store, make_id(id, "01"), &users, &kept, &err), &err);
	check_true(!kept);
	check_true(!tree_is_there(&fixture, "01"));
	check_true(!is_there(&fixture, "cas/names/example.com%app"));
	check_true(!is_found(&fixture, "example.com/app"));
	check_int(store_remove(&fixture.store, id, &users, &kept, &err), -ENOENT);
}

TEST(a_tree_that_a_pod_uses_stays_until_the_pod_is_gone)
{
	auto_store_fixture struct store_fixture fixture;
	bool in_use = true, kept = false;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	char id[STORE_ID_SIZE];
	size_t n;

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	check_ok(store_remove(&fixture.store, make_id(id, "01"), &users, &kept, &err), &err);
	check_true(kept);
	check_true(tree_is_there(&fixture, "01"));
	check_true(!is_found(&fixture, id));
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_uint(n, 0);
	in_use = false;
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_uint(n, 1);
	check_true(!tree_is_there(&fixture, "01"));
}

TEST(a_tree_that_somebody_is_about_to_use_stays)
{
	auto_store_fixture struct store_fixture fixture;
	struct store_image image = STORE_IMAGE_NONE;
	bool in_use = false, kept = false;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	size_t n;

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	check_ok(store_find(&fixture.store, "example.com/app", &image, &err), &err);
	check_ok(store_remove(&fixture.store, image.id, &users, &kept, &err), &err);
	check_true(kept);
	store_image_release(&image);
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_uint(n, 1);
}

TEST(an_image_imported_again_while_its_tree_is_kept_is_found_again)
{
	auto_store_fixture struct store_fixture fixture;
	bool in_use = true, kept = false;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	char id[STORE_ID_SIZE];

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	check_ok(store_remove(&fixture.store, make_id(id, "01"), &users, &kept, &err), &err);
	put_version(&fixture, "01", "example.com/app", "v1", 2);
	check_true(is_found(&fixture, "example.com/app"));
}

/* Dies without a word in the middle of an import. */
static void die_importing(const struct store_fixture *fixture)
{
	struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct error err = { 0 };
	pid_t pid = fork();

	if (pid == 0) {
		if (store_quarantine_open(&fixture->store, &quarantine, &err) < 0 ||
		    mkdirat(quarantine.tree, "rootfs", 0) < 0)
			_exit(1);
		put_file(quarantine.tree, "manifest", "half");
		(void)kill(getpid(), SIGKILL);
	}
	check_int(waitpid(pid, NULL, 0), pid);
}

static size_t count_temporary(const struct store_fixture *fixture)
{
	struct stat st;

	check_int(fstatat(fixture->dir, "cas/tmp", &st, 0), 0);
	return st.st_nlink - 2;
}

TEST(what_a_killed_import_left_is_collected_and_a_living_one_is_not)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_quarantine struct store_quarantine living = STORE_QUARANTINE_NONE;
	bool in_use = false;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	size_t n;

	store_fixture_begin(&fixture);
	die_importing(&fixture);
	die_importing(&fixture);
	check_ok(store_quarantine_open(&fixture.store, &living, &err), &err);
	check_uint(count_temporary(&fixture), 3);
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_uint(count_temporary(&fixture), 1);
	check_ok(store_quarantine_drop(&fixture.store, &living, &err), &err);
	check_uint(count_temporary(&fixture), 0);
}

TEST(files_that_never_got_their_name_are_collected)
{
	auto_store_fixture struct store_fixture fixture;
	bool in_use = false;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	char id[STORE_ID_SIZE], in_tree[192], in_image[192];
	size_t n;

	store_fixture_begin(&fixture);
	put_version(&fixture, "01", "example.com/app", "v1", 1);
	make_id(id, "01");
	(void)snprintf(in_tree, sizeof(in_tree), "cas/tree/deps-%s/.record.tmp-7", id);
	(void)snprintf(in_image, sizeof(in_image), "cas/image/01/.%s", id);
	put_file(fixture.dir, "cas/names/.example.com%app.tmp-7", "x");
	put_file(fixture.dir, in_tree, "x");
	put_file(fixture.dir, in_image, "x");
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_true(!is_there(&fixture, "cas/names/.example.com%app.tmp-7"));
	check_true(!is_there(&fixture, in_tree));
	check_true(!is_there(&fixture, in_image));
	check_true(is_found(&fixture, "example.com/app"));
}

TEST(trees_and_downloads_of_the_original_rkt_are_left_alone)
{
	auto_store_fixture struct store_fixture fixture;
	bool in_use = false;
	const struct store_users users = { used, &in_use };
	struct error err = { 0 };
	char id[STORE_ID_SIZE], place[128];
	size_t n;

	store_fixture_begin(&fixture);
	(void)snprintf(place, sizeof(place), "cas/tree/deps-%s", make_id(id, "0f"));
	check_int(mkdirat(fixture.dir, place, 0755), 0);
	put_file(fixture.dir, "cas/tmp/rkt-download", "x");
	check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
	check_uint(n, 0);
	check_true(is_there(&fixture, place));
	check_true(is_there(&fixture, "cas/tmp/rkt-download"));
}
