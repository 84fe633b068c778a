/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The import from end to end: rkt-image is run on archives made here.
 */
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/store/store_fixture.h"

#define MANIFEST                                                                                   \
	"{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/app\"%s}"

static const struct store_import_options options = { .quiet = true, .helper = IMAGE_HELPER };

/* One entry of a ustar archive: a header, and content filled up to whole blocks. */
static void put_entry(int fd, const char *name, char type, const char *content, size_t size)
{
	char header[512] = { 0 }, block[512] = { 0 };
	unsigned sum = 0;

	(void)snprintf(header, 100, "%s", name);
	(void)snprintf(header + 100, 8, "%07o", type == '5' ? 0755 : 0644);
	(void)snprintf(header + 108, 8, "%07o", 0);
	(void)snprintf(header + 116, 8, "%07o", 0);
	(void)snprintf(header + 124, 12, "%011zo", size);
	(void)snprintf(header + 136, 12, "%011o", 0);
	memcpy(header + 148, "        ", 8);
	header[156] = type;
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	(void)snprintf(header + 148, 8, "%06o", sum);
	check_int(write(fd, header, sizeof(header)), (ssize_t)sizeof(header));
	for (size_t at = 0; at < size; at += sizeof(block)) {
		size_t n = size - at < sizeof(block) ? size - at : sizeof(block);

		memset(block, 0, sizeof(block));
		if (content != NULL)
			memcpy(block, content + at, n);
		else
			memset(block, 'x', n);
		check_int(write(fd, block, sizeof(block)), (ssize_t)sizeof(block));
	}
}

/* more: further members of the manifest; size: of the one file in the image. */
static void make_archive(const struct store_fixture *fixture, const char *name, const char *more,
			 size_t size, char ret_path[static 96])
{
	static const char end[1024];
	auto_close int fd = openat(fixture->dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char manifest[512];

	check_true(fd >= 0);
	(void)snprintf(manifest, sizeof(manifest), MANIFEST, more);
	put_entry(fd, "manifest", '0', manifest, strlen(manifest));
	put_entry(fd, "rootfs/", '5', NULL, 0);
	put_entry(fd, "rootfs/file", '0', NULL, size);
	check_int(write(fd, end, sizeof(end)), (ssize_t)sizeof(end));
	(void)snprintf(ret_path, 96, "%s/%s", fixture->path, name);
}

static size_t count_temporary(const struct store_fixture *fixture)
{
	struct stat st;

	check_int(fstatat(fixture->dir, "cas/tmp", &st, 0), 0);
	return st.st_nlink - 2;
}

TEST(a_file_becomes_an_image_and_is_recognised_afterwards)
{
	auto_store_fixture struct store_fixture fixture;
	auto_store_image struct store_image image = STORE_IMAGE_NONE, again = STORE_IMAGE_NONE;
	const struct store_import_options no_helper = { .helper = "/nonexistent" };
	const struct timespec settle = { .tv_sec = 2, .tv_nsec = 100000000 };
	struct error err = { 0 };
	char path[96];
	struct stat st;

	test_need_root();
	store_fixture_begin(&fixture);
	make_archive(&fixture, "app.aci", "", 5000, path);
	(void)nanosleep(&settle, NULL);
	check_ok(store_import_file(&fixture.store, path, &options, &image, &err), &err);
	check_int(fstatat(image.tree, "rootfs/file", &st, 0), 0);
	check_int(st.st_size, 5000);
	check_uint(count_temporary(&fixture), 0);
	/* No helper is needed for what is known. */
	check_ok(store_import_file(&fixture.store, path, &no_helper, &again, &err), &err);
	check_text(again.id, image.id);
	/* Changed in place, it is another file. */
	make_archive(&fixture, "app.aci", "", 5000, path);
	store_image_release(&again);
	check_true(store_import_file(&fixture.store, path, &no_helper, &again, &err) < 0);
	check_ok(store_import_file(&fixture.store, path, &options, &again, &err), &err);
	check_text(again.id, image.id);
}

TEST(an_older_image_imported_again_is_the_latest_of_its_name)
{
	auto_store_fixture struct store_fixture fixture;
	const struct timespec settle = { .tv_sec = 2, .tv_nsec = 100000000 };
	static const char *const files[] = { "old.aci", "new.aci", "old.aci" };
	struct store_image image = STORE_IMAGE_NONE, found = STORE_IMAGE_NONE;
	struct error err = { 0 };
	char path[96];

	test_need_root();
	store_fixture_begin(&fixture);
	make_archive(&fixture, "old.aci", "", 100, path);
	make_archive(&fixture, "new.aci", "", 200, path);
	(void)nanosleep(&settle, NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", fixture.path, files[i]);
		check_ok(store_import_file(&fixture.store, path, &options, &image, &err), &err);
		check_ok(store_find(&fixture.store, "example.com/app", &found, &err), &err);
		check_text(found.id, image.id);
		store_image_release(&image);
		store_image_release(&found);
	}
}

TEST(an_image_that_cannot_be_used_is_refused_and_leaves_nothing)
{
	static const char *const cases[][2] = {
		{ ",\"dependencies\":[{\"imageName\":\"no name\"}]", "no name" },
		{ ",\"pathWhitelist\":[\"file\"]", "pathWhitelist" },
		{ ",\"labels\":7", "labels" },
	};
	auto_store_fixture struct store_fixture fixture;
	struct store_image image = STORE_IMAGE_NONE;
	auto_arena struct arena arena = { 0 };
	struct store_entries entries;
	struct error err = { 0 };
	char path[96];

	test_need_root();
	store_fixture_begin(&fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		error_clear(&err);
		make_archive(&fixture, "app.aci", cases[i][0], 100, path);
		check_true(store_import_file(&fixture.store, path, &options, &image, &err) < 0);
		check_contains(err.text, cases[i][1]);
		check_contains(err.text, path);
		check_uint(count_temporary(&fixture), 0);
	}
	check_ok(store_list(&fixture.store, &arena, &entries, &err), &err);
	check_uint(entries.n, 0);
}

TEST(a_file_that_is_no_archive_is_refused)
{
	auto_store_fixture struct store_fixture fixture;
	struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };
	char path[96];

	test_need_root();
	store_fixture_begin(&fixture);
	put_file(fixture.dir, "junk", "this is not an archive");
	(void)snprintf(path, sizeof(path), "%s/junk", fixture.path);
	check_true(store_import_file(&fixture.store, path, &options, &image, &err) < 0);
	check_uint(count_temporary(&fixture), 0);
	check_int(store_import_file(&fixture.store, fixture.path, &options, &image, &err), -EINVAL);
	check_int(store_import_file(&fixture.store, "/nonexistent", &options, &image, &err),
		  -ENOENT);
}

TEST(a_full_disk_is_said_and_leaves_the_store_as_it_was)
{
	auto_store_fixture struct store_fixture fixture, full;
	auto_store_image struct store_image image = STORE_IMAGE_NONE;
	struct error err = { 0 };
	char small[96], large[96];

	test_need_root();
	test_enter_mount_namespace();
	store_fixture_begin(&fixture);
	make_archive(&fixture, "small.aci", ",\"labels\":[]", 100, small);
	make_archive(&fixture, "large.aci", "", 4 << 20, large);
	(void)snprintf(full.path, sizeof(full.path), "%.24s/full", fixture.path);
	check_int(mkdir(full.path, 0755), 0);
	check_int(mount("none", full.path, "tmpfs", 0, "size=1m"), 0);
	full.dir = open(full.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(store_open(full.dir, &full.store, &err), &err);
	check_ok(store_import_file(&full.store, small, &options, &image, &err), &err);
	store_image_release(&image);
	check_int(store_import_file(&full.store, large, &options, &image, &err), -ENOSPC);
	check_contains(err.text, "No space left on device");
	check_uint(count_temporary(&full), 0);
	check_ok(store_find(&full.store, "example.com/app", &image, &err), &err);
	store_image_release(&image);
	store_close(&full.store);
	(void)close(full.dir);
	check_int(umount(full.path), 0);
}

/* Starts an import in a process of its own and kills that process group after a while. */
static void kill_import(const struct store_fixture *fixture, const char *path, long after_us)
{
	const struct timespec pause = { .tv_nsec = after_us * 1000 };
	pid_t pid = fork();

	if (pid == 0) {
		struct store_image image = STORE_IMAGE_NONE;
		struct error err = { 0 };

		(void)setpgid(0, 0);
		_exit(store_import_file(&fixture->store, path, &options, &image, &err) < 0);
	}
	(void)setpgid(pid, pid);
	(void)nanosleep(&pause, NULL);
	(void)kill(-pid, SIGKILL);
	check_int(waitpid(pid, NULL, 0), pid);
}

static int not_used(void *context, const char *tree_id, struct error *err)
{
	(void)context;
	(void)tree_id;
	(void)err;
	return 0;
}

TEST(an_import_killed_at_any_moment_leaves_a_store_that_works)
{
	auto_store_fixture struct store_fixture fixture;
	const struct store_users users = { not_used, NULL };
	const struct timespec settle = { .tv_nsec = 50000000 };
	struct error err = { 0 };
	char path[96];
	size_t n;

	test_need_root();
	store_fixture_begin(&fixture);
	make_archive(&fixture, "app.aci", "", 200000, path);
	for (long after_us = 500; after_us < 40000; after_us += 1500) {
		struct store_image image = STORE_IMAGE_NONE;

		kill_import(&fixture, path, after_us);
		/* Until the kernel is done with the killed ones, their locks hold. */
		for (int tries = 0; tries < 60; tries++) {
			(void)nanosleep(&settle, NULL);
			check_ok(store_fixture_collect(&fixture, &users, &n, &err), &err);
			if (count_temporary(&fixture) == 0)
				break;
		}
		check_uint(count_temporary(&fixture), 0);
		check_ok(store_import_file(&fixture.store, path, &options, &image, &err), &err);
		check_int(faccessat(image.tree, "rootfs/file", F_OK, 0), 0);
		store_image_release(&image);
		check_ok(store_find(&fixture.store, "example.com/app", &image, &err), &err);
		store_image_release(&image);
		check_ok(store_remove(&fixture.store, image.id, &users, &(bool){ false }, &err),
			 &err);
	}
}

TEST(many_imports_of_one_image_at_a_time_all_succeed)
{
	auto_store_fixture struct store_fixture fixture;
	auto_arena struct arena arena = { 0 };
	struct store_entries entries;
	struct error err = { 0 };
	char path[96];
	pid_t pids[6];

	test_need_root();
	store_fixture_begin(&fixture);
	make_archive(&fixture, "app.aci", "", 100000, path);
	for (size_t i = 0; i < ARRAY_LENGTH(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct store_image image = STORE_IMAGE_NONE;

			_exit(store_import_file(&fixture.store, path, &options, &image, &err) < 0);
		}
	}
	for (size_t i = 0; i < ARRAY_LENGTH(pids); i++) {
		int status;

		check_int(waitpid(pids[i], &status, 0), pids[i]);
		check_int(status, 0);
	}
	check_ok(store_list(&fixture.store, &arena, &entries, &err), &err);
	check_uint(entries.n, 1);
	check_uint(count_temporary(&fixture), 0);
}
