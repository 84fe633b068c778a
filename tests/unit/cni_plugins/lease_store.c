/* SPDX-License-Identifier: Apache-2.0 */
#include "cni/lease/lease_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/test.h"

static char work[] = "/tmp/rkt-lease-XXXXXX";

static const struct lease_owner first = { .container = "one", .interface = "eth0" };
static const struct lease_owner second = { .container = "two", .interface = "eth0" };

static struct ip_address address(const char *text)
{
	struct ip_address parsed = { 0 };

	check_int(ip_address_parse(text, &parsed), 0);
	return parsed;
}

static void open_store(struct lease_store *store)
{
	struct error err = { 0 };

	check_ok(lease_store_open(work, "net", true, store, &err), &err);
}

static void check_file(const struct lease_store *store, const char *name, const char *want)
{
	auto_text struct text text = { 0 };
	struct error err = { 0 };

	check_ok(file_read_at(store->directory, name, 4096, &text, &err), &err);
	check_text(text_string(&text), want);
}

TEST(a_lease_is_what_gos_host_local_writes)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct ip_address mine = address("10.1.2.3");
	struct error err = { 0 };

	test_make_directory(work);
	open_store(&store);
	check_int(lease_store_take(&store, &first, &mine, 7, &err), 1);
	check_file(&store, "10.1.2.3", "one\r\neth0");
	check_file(&store, "last_reserved_ip.7", "10.1.2.3");
	check_int(faccessat(store.directory, ".lease", F_OK, 0), -1);
}

TEST(an_address_is_taken_once)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct ip_address mine = address("fd00::5");
	struct error err = { 0 };

	test_make_directory(work);
	open_store(&store);
	check_int(lease_store_take(&store, &first, &mine, 0, &err), 1);
	check_int(lease_store_take(&store, &second, &mine, 0, &err), 0);
	check_file(&store, "fd00::5", "one\r\neth0");
	check_ok(lease_store_free(&store, &mine, &err), &err);
	check_ok(lease_store_free(&store, &mine, &err), &err);
	check_int(lease_store_take(&store, &second, &mine, 0, &err), 1);
}

TEST(an_empty_file_is_what_a_crash_left_and_nobodys_lease)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct ip_address mine = address("10.1.2.3");
	struct error err = { 0 };

	test_make_directory(work);
	open_store(&store);
	check_int(close(openat(store.directory, "10.1.2.3", O_CREAT | O_WRONLY, 0644)), 0);
	check_int(lease_store_take(&store, &first, &mine, 0, &err), 1);
	check_file(&store, "10.1.2.3", "one\r\neth0");
}

TEST(what_a_crash_left_half_done_is_in_nobodys_way)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct ip_address mine = address("10.1.2.3"), other = address("10.1.2.4");
	struct error err = { 0 };

	test_make_directory(work);
	open_store(&store);
	check_int(lease_store_take(&store, &first, &mine, 0, &err), 1);
	check_int(linkat(store.directory, "10.1.2.3", store.directory, ".lease", 0), 0);
	lease_store_close(&store);
	open_store(&store);
	check_int(lease_store_take(&store, &second, &other, 0, &err), 1);
	check_file(&store, "10.1.2.3", "one\r\neth0");
	check_file(&store, "10.1.2.4", "two\r\neth0");
}

struct seen {
	int n;
	int stop_at;
};

static int count(const struct lease_store *store, const struct ip_address *lease,
		 const struct lease_owner *owner, void *context)
{
	struct seen *seen = context;

	(void)store;
	(void)lease;
	check_true(lease_owner_equal(owner, &first) || lease_owner_equal(owner, &second));
	return ++seen->n == seen->stop_at ? 5 : 0;
}

TEST(a_walk_sees_leases_and_nothing_else)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct ip_address mine = address("10.1.2.3"), other = address("fd00::1");
	struct seen all = { 0 }, some = { .stop_at = 1 };
	struct error err = { 0 };

	test_make_directory(work);
	open_store(&store);
	check_int(lease_store_take(&store, &first, &mine, 0, &err), 1);
	check_int(lease_store_take(&store, &second, &other, 1, &err), 1);
	check_int(symlinkat("10.1.2.3", store.directory, "10.1.2.9"), 0);
	check_int(lease_store_visit(&store, count, &all, &err), 0);
	check_int(all.n, 2);
	check_int(lease_store_visit(&store, count, &some, &err), 5);
}

TEST(a_lease_of_an_old_version_belongs_to_its_container)
{
	const struct lease_owner old = { .container = "one", .interface = "" };
	const struct lease_owner later = { .container = "one", .interface = "eth1" };

	check_true(lease_owner_equal(&old, &first));
	check_true(!lease_owner_equal(&old, &second));
	check_true(!lease_owner_equal(&later, &first));
}

TEST(a_hint_that_is_no_address_is_none)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct error err = { 0 };

	test_make_directory(work);
	open_store(&store);
	check_int(lease_store_last(&store, 0).family, 0);
	check_ok(file_replace_at(store.directory, "last_reserved_ip.0", "nonsense", 0644, &err),
		 &err);
	check_int(lease_store_last(&store, 0).family, 0);
}

TEST(an_open_store_is_locked)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	auto_close int other = FD_NONE;

	test_make_directory(work);
	open_store(&store);
	other = openat(store.directory, "lock", O_RDWR | O_CLOEXEC);
	check_int(flock(other, LOCK_EX | LOCK_NB), -1);
	lease_store_close(&store);
	check_int(flock(other, LOCK_EX | LOCK_NB), 0);
}

TEST(a_store_that_never_was_is_told_apart)
{
	auto_lease_store struct lease_store store = LEASE_STORE_NONE;
	struct error err = { 0 };

	test_make_directory(work);
	check_int(lease_store_open(work, "never", false, &store, &err), -ENOENT);
	check_int(store.directory, FD_NONE);
}
