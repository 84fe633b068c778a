/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_fixture.h - a store in an empty temporary directory, for one test.
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "stage0/store/store_import.h"
#include "stage0/store/store_list.h"
#include "stage0/store/store_quarantine.h"
#include "stage0/store/store_remove.h"
#include "tests/unit/test.h"

struct store_fixture {
	char path[32];
	int dir;
	struct store store;
};

#define auto_store_fixture CLEANUP(store_fixture_end)

static inline void store_fixture_begin(struct store_fixture *fixture)
{
	struct error err = { 0 };

	(void)snprintf(fixture->path, sizeof(fixture->path), "/tmp/rkt-store-XXXXXX");
	test_make_directory(fixture->path);
	fixture->dir = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(store_open(fixture->dir, &fixture->store, &err), &err);
}

static inline void store_fixture_end(struct store_fixture *fixture)
{
	store_close(&fixture->store);
	(void)close(fixture->dir);
}

/* "sha512-" and the digits, filled up with zeros. */
static inline const char *make_id(char ret[static STORE_ID_SIZE], const char *digits)
{
	(void)snprintf(ret, STORE_ID_SIZE, STORE_ID_PREFIX "%s%0*d", digits,
		       STORE_ID_DIGITS - (int)strlen(digits), 0);
	return ret;
}

static inline void put_file(int at, const char *path, const char *content)
{
	auto_close int fd = openat(at, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	check_true(fd >= 0);
	check_int(write(fd, content, strlen(content)), (ssize_t)strlen(content));
}

/* An image as the helper would make it, without an archive. */
static inline void put_image(const struct store_fixture *fixture, const struct store_record *record)
{
	auto_store_quarantine struct store_quarantine quarantine = STORE_QUARANTINE_NONE;
	struct error err = { 0 };

	check_ok(store_quarantine_open(&fixture->store, &quarantine, &err), &err);
	check_int(mkdirat(quarantine.tree, "rootfs", 0755), 0);
	put_file(quarantine.tree, "manifest", record->name);
	check_ok(store_quarantine_publish(&fixture->store, &quarantine, record, &err), &err);
	check_ok(store_quarantine_drop(&fixture->store, &quarantine, &err), &err);
}

/* An image with a version label; imported_ns orders them. */
static inline void put_version(const struct store_fixture *fixture, const char *digits,
			       const char *name, const char *version, uint64_t imported_ns)
{
	const struct manifest_pair label = { "version", version };
	char id[STORE_ID_SIZE];
	const struct store_record record = {
		.id = make_id(id, digits),
		.name = name,
		.labels = { &label, 1 },
		.imported_ns = imported_ns,
		.size_bytes = 1,
	};

	put_image(fixture, &record);
}

static inline bool is_there(const struct store_fixture *fixture, const char *path)
{
	return faccessat(fixture->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline void count_tree(void *context, const char *tree_id)
{
	(void)tree_id;
	(*(size_t *)context)++;
}

/* store_collect(); *ret_n: how many trees were removed. */
static inline int store_fixture_collect(const struct store_fixture *fixture,
					const struct store_users *users, size_t *ret_n,
					struct error *err)
{
	const struct store_collection how = { .removed = count_tree, .context = ret_n };

	*ret_n = 0;
	return store_collect(&fixture->store, users, &how, err);
}
