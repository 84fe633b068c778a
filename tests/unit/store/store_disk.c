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

static bool is_erofs(int fd)
{
	char magic[4];

	return pread(fd, magic, sizeof(magic), 1024) == sizeof(magic) &&
	       memcmp(magic, "\xe2\xe1\xf5\xe0", 4) == 0;
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
	check_true(is_erofs(first));
	/* The second time no program is needed. */
	check_ok(store_disk_open_by(&fixture.store, tree_id, "/nonexistent", &second, &err), &err);
	check_int(fstat(first, &a), 0);
	check_int(fstat(second, &b), 0);
	check_uint(a.st_ino, b.st_ino);
	check_uint(a.st_mode & 07777, 0400);
	check_true(!tree_has(&fixture, tree_id, ".disk.new"));
}

/* What fsck.erofs(1) takes out of a disk. */
static int extract_disk(const struct store_fixture *fixture, const char *tree_id)
{
	char disk[256], option[128];
	char *const arguments[] = { (char *)"fsck.erofs", option, disk, NULL };
	int status, fd;
	pid_t pid;

	(void)snprintf(disk, sizeof(disk), "%s/" TREE "%s/disk.erofs", fixture->path, tree_id);
	(void)snprintf(option, sizeof(option), "--extract=%s/extracted", fixture->path);
	check_int(posix_spawnp(&pid, "fsck.erofs", NULL, NULL, arguments, environ), 0);
	check_int(waitpid(pid, &status, 0), pid);
	check_int(status, 0);
	fd = openat(fixture->dir, "extracted", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(fd >= 0);
	return fd;
}

static struct stat look_at(int dir, const char *name)
{
	struct stat status;

	check_int(fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status;
}

/* Links are not followed, names are no options, ids, times and devices are kept. */
TEST(a_hostile_tree_is_kept_as_it_is)
{
	static const struct timespec times[2] = { { .tv_sec = 981201600, .tv_nsec = 5 },
						  { .tv_sec = 981201600, .tv_nsec = 5 } };
	auto_store_fixture struct store_fixture fixture;
	auto_close int disk = FD_NONE, root = FD_NONE, extracted = FD_NONE;
	struct stat owned;
	char tree_id[STORE_TREE_ID_SIZE];
	struct error err = { 0 };

	begin(&fixture, tree_id);
	root = open_root(&fixture, tree_id);
	check_int(symlinkat("/etc/shadow", root, "link"), 0);
	check_int(mknodat(root, "device", S_IFCHR | 0600, makedev(1, 3)), 0);
	check_int(mkfifoat(root, "--help", 0600), 0);
	put_file(root, "owned", "x");
	check_int(fchownat(root, "owned", 70001, 123456, 0), 0);
	check_int(utimensat(root, "owned", times, 0), 0);
	put_file(root, "new\nline\x1b[31m", "x");
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	extracted = extract_disk(&fixture, tree_id);
	check_true(S_ISLNK(look_at(extracted, "link").st_mode));
	check_uint(look_at(extracted, "device").st_rdev, makedev(1, 3));
	check_true(S_ISFIFO(look_at(extracted, "--help").st_mode));
	check_true(S_ISREG(look_at(extracted, "new\nline\x1b[31m").st_mode));
	owned = look_at(extracted, "owned");
	check_uint(owned.st_uid, 70001);
	check_uint(owned.st_gid, 123456);
	check_int(owned.st_mtim.tv_sec, times[1].tv_sec);
	check_int(owned.st_mtim.tv_nsec, times[1].tv_nsec);
}

/* So that no machine has to write it; the tree, which other pods lie over, stays as it is. */
TEST(what_a_root_lacks_is_on_the_disk)
{
	static const struct timespec times[2] = { { .tv_sec = 981201600 },
						  { .tv_sec = 981201600 } };
	auto_store_fixture struct store_fixture fixture;
	auto_close int disk = FD_NONE, root = FD_NONE, extracted = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE], link[64] = "";
	struct stat found;
	struct error err = { 0 };

	begin(&fixture, tree_id);
	root = open_root(&fixture, tree_id);
	check_int(mkdirat(root, "etc", 0755), 0);
	check_int(fchmodat(root, "etc", 0751, 0), 0);
	check_int(fchownat(root, "etc", 7, 8, 0), 0);
	put_file(root, "etc/kept", "x");
	check_int(fchmod(root, 0750), 0);
	check_int(utimensat(root, ".", times, 0), 0);
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	extracted = extract_disk(&fixture, tree_id);
	found = look_at(extracted, "tmp");
	check_uint(found.st_mode, S_IFDIR | 01777);
	check_int(found.st_mtim.tv_sec, times[1].tv_sec);
	check_int(readlinkat(extracted, "etc/mtab", link, sizeof(link) - 1),
		  strlen("../proc/self/mounts"));
	check_text(link, "../proc/self/mounts");
	found = look_at(extracted, "etc/hostname");
	check_uint(found.st_mode, S_IFREG | 0644);
	check_int(found.st_size, 0);
	found = look_at(extracted, "etc");
	check_uint(found.st_mode & 07777, 0751);
	check_uint(found.st_uid, 7);
	check_uint(found.st_gid, 8);
	check_int(look_at(extracted, "etc/kept").st_size, 1);
	check_uint(look_at(extracted, ".").st_mode & 07777, 0750);
	check_int(faccessat(root, "tmp", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	check_int(faccessat(root, "etc/mtab", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	check_int(store_disk_is_good(&fixture.store, tree_id, &err), 1);
}

/* Nor is anything made outside of the tree for it. */
TEST(a_link_for_etc_is_followed_within_the_tree_alone)
{
	auto_store_fixture struct store_fixture fixture;
	auto_close int disk = FD_NONE, root = FD_NONE, extracted = FD_NONE;
	char tree_id[STORE_TREE_ID_SIZE], outside[256];
	struct error err = { 0 };

	begin(&fixture, tree_id);
	root = open_root(&fixture, tree_id);
	(void)snprintf(outside, sizeof(outside), "%s/outside", fixture.path);
	check_int(symlinkat(outside, root, "etc"), 0);
	check_int(symlinkat("../../../../../../../../tmp/nothing", root, "tmp"), 0);
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	extracted = extract_disk(&fixture, tree_id);
	check_true(S_ISLNK(look_at(extracted, "etc").st_mode));
	check_true(S_ISLNK(look_at(extracted, "tmp").st_mode));
	check_int(access(outside, F_OK), -1);
	check_int(access("/tmp/nothing", F_OK), -1);
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
	check_true(!tree_has(&fixture, tree_id, "disk.erofs"));
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
	check_true(!tree_has(&fixture, tree_id, "disk.erofs"));
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
	check_true(!tree_has(&fixture, tree_id, "disk.erofs"));
	check_int(kill(maker, SIGKILL), 0);
	check_int(waitpid(maker, NULL, 0), maker);
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	check_true(is_erofs(disk));
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

			_exit(r != 0 || !is_erofs(disk));
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
	check_true(is_erofs(link));
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
	check_true(!tree_has(&fixture, tree_id, "disk.erofs"));
	check_int(unlinkat(root, "large", 0), 0);
	error_clear(&err);
	check_ok(store_disk_open(&fixture.store, tree_id, &disk, &err), &err);
	check_true(is_erofs(disk));
	check_int(umount2(place, MNT_DETACH), 0);
}
