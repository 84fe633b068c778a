/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/store/store_disk.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "common/kernel/tree_remove.h"
#include "tests/unit/store/store_fixture.h"

#define TREE "cas/tree/" /* and the tree's id */

static const char *make_tree_id(char ret[static STORE_TREE_ID_SIZE], const char *digits)
{
	char id[STORE_ID_SIZE];

	(void)snprintf(ret, STORE_TREE_ID_SIZE, STORE_TREE_PREFIX "%s", make_id(id, digits));
	return ret;
}

static bool tree_has(const struct store_fixture *fixture, const char *tree_id, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), TREE "%s/%s", tree_id, name);
	return is_there(fixture, path);
}

static int open_root(const struct store_fixture *fixture, const char *tree_id)
{
	char path[256];

	(void)snprintf(path, sizeof(path), TREE "%s/rootfs", tree_id);
	return openat(fixture->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void begin(struct store_fixture *fixture, char tree_id[static STORE_TREE_ID_SIZE])
{
	store_fixture_begin(fixture);
	put_version(fixture, "01", "example.com/app", "v1", 1);
	(void)make_tree_id(tree_id, "01");
}

static bool is_squashfs(int fd)
{
	char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && memcmp(magic, "hsqs", 4) == 0;
}

TEST(a_disk_is_made_once)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int first = FD_NONE, second = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	struct stat a, b;
	struct error err = { 0 };

	begin(&fixture, tree_id);
	check_ok(store_disk_open(&fixture.store, tree_id, &first, &err), &err);
	check_true(is_squashfs(first));
	/* The second time no program is needed. */
	check_ok(store_disk_open_by(&fixture.store, tree_id, "/nonexistent", &second, &err), &err);
	check_int(fstat(first, &a), 0);
	check_int(fstat(second, &b), 0);
	check_uint(a.st_ino, b.st_ino);
	check_uint(a.st_mode & 07777, 0400);
	check_true(!tree_has(&fixture, tree_id, ".disk.new"));
}

/* What unsquashfs(1) says is in a disk. */
static FILE *list_disk(const struct store_fixture *fixture, const char *tree_id)
{
	char disk[256], listing[64];
	char *const arguments[] = { (char *)"unsquashfs", (char *)"-lln", disk, NULL };
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	(void)snprintf(disk, sizeof(disk), "%s/" TREE "%s/disk.squashfs", fixture->path, tree_id);
	(void)snprintf(listing, sizeof(listing), "%s/listing", fixture->path);
	check_int(posix_spawn_file_actions_init(&actions), 0);
	check_int(posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, listing,
						   O_WRONLY | O_CREAT, 0600),
		  0);
	check_int(posix_spawnp(&pid, "unsquashfs", &actions, NULL, arguments, environ), 0);
	check_int(posix_spawn_file_actions_destroy(&actions), 0);
	check_int(waitpid(pid, &status, 0), pid);
	check_int(status, 0);
	return fopen(listing, "re");
}

static bool lists(const struct store_fixture *fixture, const char *tree_id, char type,
		  const char *words)
{
	FILE *listing = list_disk(fixture, tree_id);
	bool found = false;
	char line[512];

	ck_assert_ptr_nonnull(listing);
	while (fgets(line, sizeof(line), listing) != NULL)
		found |= line[0] == type && strstr(line, words) != NULL;
	check_int(fclose(listing), 0);
	return found;
}

/* Links are not followed, names are no options, ids, times and devices are kept. */
TEST(a_hostile_tree_is_kept_as_it_is)
{
	/* Noon, so that it is the same day everywhere. */
	static const struct timespec times[2] = { { .tv_sec = 981201600 },
						  { .tv_sec = 981201600 } };
	auto_store_fixture struct store_fixture fixture;
	auto_close int disk = FD_NONE, root = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	struct error err = { 0 };

	begin(&fixture, tree_id);
	root = open_root(&fixture, tree_id);
	check_int(symlinkat("/etc/shadow", root, "link"), 0);
	check_int(mknodat(root, "device", S_IFCHR | 0600, makedev(1, 3)), 0);
	check_int(mkfifoat(root, "-noappend", 0600), 0);
	put_file(root, "owned", "x");
	check_int(fchownat(root, "owned", 70001, 123456, 0), 0);
	check_int(utimensat(root, "owned", times, 0), 0);
	put_file(root, "new\nline\x1b[31m", "x");
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	check_true(lists(&fixture, tree_id, 'l', "link -> /etc/shadow"));
	check_true(lists(&fixture, tree_id, 'c', "device"));
	check_true(lists(&fixture, tree_id, 'p', "-noappend"));
	check_true(lists(&fixture, tree_id, '-', "70001/123456"));
	check_true(lists(&fixture, tree_id, '-', "2001-02-03"));
}

TEST(without_the_program_nothing_is_left)
{
	auto_store_fixture struct store_fixture fixture;
	char tree_id[STORE_TREE_ID_SIZE];
	struct error err = { 0 };
	int disk = FD_NONE;

	begin(&fixture, tree_id);
	check_int(store_disk_open_by(&fixture.store, tree_id, "/nonexistent", &disk, &err),
		  -ENOENT);
	check_true(strstr(err.text, "/nonexistent") != NULL);
	check_true(!tree_has(&fixture, tree_id, ".disk.new"));
	check_true(!tree_has(&fixture, tree_id, "disk.squashfs"));
}

TEST(a_program_that_fails_or_makes_nothing_is_told)
{
	auto_store_fixture struct store_fixture fixture;
	char tree_id[STORE_TREE_ID_SIZE];
	struct error err = { 0 };
	int disk = FD_NONE;

	begin(&fixture, tree_id);
	check_int(store_disk_open_by(&fixture.store, tree_id, "/bin/false", &disk, &err), -EIO);
	check_true(strstr(err.text, "status 1") != NULL);
	error_clear(&err);
	check_int(store_disk_open_by(&fixture.store, tree_id, "/bin/true", &disk, &err), -EIO);
	check_true(strstr(err.text, "made no file system") != NULL);
	check_true(!tree_has(&fixture, tree_id, ".disk.new"));
	check_true(!tree_has(&fixture, tree_id, "disk.squashfs"));
}

/* A maker that hangs is killed with its child; the next one takes over and finishes. */
TEST(a_killed_maker_is_followed_by_the_next)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int disk = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE], script[64], started[64];
	struct error err = { 0 };
	pid_t maker;

	begin(&fixture, tree_id);
	(void)snprintf(script, sizeof(script), "%s/slow", fixture.path);
	(void)snprintf(started, sizeof(started),
		       "#!/bin/sh\necho half >.disk.new\n"
		       ">started\nexec sleep 600\n");
	put_file(fixture.dir, "slow", started);
	check_int(fchmodat(fixture.dir, "slow", 0755, 0), 0);
	maker = fork();
	check_true(maker >= 0);
	if (maker == 0)
		_exit(store_disk_open_by(&fixture.store, tree_id, script, &disk, &err) != 0);
	while (!tree_has(&fixture, tree_id, "started"))
		usleep(1000);
	check_true(!tree_has(&fixture, tree_id, "disk.squashfs"));
	check_int(kill(maker, SIGKILL), 0);
	check_int(waitpid(maker, NULL, 0), maker);
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	check_true(is_squashfs(disk));
	check_true(!tree_has(&fixture, tree_id, ".disk.new"));
}

TEST(makers_at_the_same_time_get_the_same_disk)
{
	enum { MAKERS = 6 };

	auto_store_fixture struct store_fixture fixture;
	auto_close int disk = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	struct error err = { 0 };
	pid_t makers[MAKERS];

	begin(&fixture, tree_id);
	for (int i = 0; i < MAKERS; i++) {
		makers[i] = fork();
		check_true(makers[i] >= 0);
		if (makers[i] == 0) {
			int r = store_disk_open(&fixture.store, tree_id, &disk, &err);

			_exit(r != 0 || !is_squashfs(disk));
		}
	}
	for (int i = 0; i < MAKERS; i++) {
		int status;

		check_int(waitpid(makers[i], &status, 0), makers[i]);
		check_int(status, 0);
	}
	check_ok(store_disk_open_by(&fixture.store, tree_id, "/nonexistent", &disk, &err), &err);
}

TEST(a_pods_link_outlives_the_tree)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int link = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE];
	struct error err = { 0 };

	begin(&fixture, tree_id);
	check_ok(store_disk_link(&fixture.store, tree_id, fixture.dir, "image", &err), &err);
	check_ok(store_disk_link(&fixture.store, tree_id, fixture.dir, "image", &err), &err);
	check_ok(tree_remove(fixture.store.cas, "tree", &err), &err);
	link = openat(fixture.dir, "image", O_RDONLY | O_CLOEXEC);
	check_true(is_squashfs(link));
}

TEST(a_full_disk_is_told_and_left_clean)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int root = FD_NONE, file = FD_NONE, disk = FD_NONE;
	static const char block[4096] = { 1 };
	char tree_id[STORE_TREE_ID_SIZE], place[256];
	struct error err = { 0 };

	test_enter_mount_namespace();
	begin(&fixture, tree_id);
	(void)snprintf(place, sizeof(place), "%s/" TREE "%s", fixture.path, tree_id);
	check_int(mount("small", place, "tmpfs", 0, "size=1200k"), 0);
	root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdirat(root, "rootfs", 0755), 0);
	cleanup_close(&root);
	root = open_root(&fixture, tree_id);
	file = openat(root, "large", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	for (int i = 0; i < 200; i++)
		check_int(write(file, block, sizeof(block)), sizeof(block));
	check_int(store_disk_open(&fixture.store, tree_id, &disk, &err), -ENOSPC);
	check_contains(err.text, "No space left on device");
	check_true(!tree_has(&fixture, tree_id, ".disk.new"));
	check_true(!tree_has(&fixture, tree_id, "disk.squashfs"));
	check_int(unlinkat(root, "large", 0), 0);
	error_clear(&err);
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	check_true(is_squashfs(disk));
	check_int(umount2(place, MNT_DETACH), 0);
}
