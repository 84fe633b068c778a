/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kernel/tree_copy.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "tests/unit/pods/pods_fixture.h"

TEST(a_copy_keeps_types_modes_owners_times_and_links)
{
	const struct timespec then[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };
	char target[16] = "";
	struct stat st, other;

	test_need_root();
	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "from", 0755), 0);
	check_int(mkdirat(fixture.dir, "from/closed", 0500), 0);
	put_file(fixture.dir, "from/closed/file", "content");
	check_int(linkat(fixture.dir, "from/closed/file", fixture.dir, "from/link", 0), 0);
	check_int(symlinkat("/etc/passwd", fixture.dir, "from/symlink"), 0);
	check_int(mknodat(fixture.dir, "from/device", S_IFCHR | 0640, makedev(1, 3)), 0);
	check_int(mknodat(fixture.dir, "from/fifo", S_IFIFO | 0600, 0), 0);
	check_int(fchownat(fixture.dir, "from/closed/file", 5, 6, 0), 0);
	check_int(fchmodat(fixture.dir, "from/closed/file", 04751, 0), 0);
	check_int(utimensat(fixture.dir, "from/closed/file", then, 0), 0);
	check_int(utimensat(fixture.dir, "from/closed", then, 0), 0);

	check_ok(tree_copy(fixture.dir, "from", fixture.dir, "to", &err), &err);
	check_content(fixture.dir, "to/closed/file", "content");
	check_int(fstatat(fixture.dir, "to/closed/file", &st, 0), 0);
	check_uint(st.st_mode & 07777, 04751);
	check_uint(st.st_uid, 5);
	check_uint(st.st_gid, 6);
	check_int(st.st_mtim.tv_sec, 2000);
	check_int(fstatat(fixture.dir, "to/link", &other, 0), 0);
	check_uint(other.st_ino, st.st_ino);
	check_int(fstatat(fixture.dir, "to/closed", &st, 0), 0);
	check_uint(st.st_mode & 07777, 0500);
	check_int(st.st_mtim.tv_sec, 2000);
	check_int(readlinkat(fixture.dir, "to/symlink", target, sizeof(target) - 1), 11);
	check_text(target, "/etc/passwd");
	check_int(fstatat(fixture.dir, "to/device", &st, AT_SYMLINK_NOFOLLOW), 0);
	check_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
	check_int(fstatat(fixture.dir, "to/fifo", &st, AT_SYMLINK_NOFOLLOW), 0);
	check_true(S_ISFIFO(st.st_mode));
}

TEST(a_copy_keeps_file_capabilities)
{
	/* VFS_CAP_REVISION_2 with CAP_NET_RAW permitted and effective. */
	static const unsigned char value[20] = { 1, 0, 0, 2, 0, 0x20 };
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };
	unsigned char got[20];
	auto_close int from = FD_NONE, to = FD_NONE;

	test_need_root();
	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "from", 0755), 0);
	put_file(fixture.dir, "from/ping", "x");
	from = openat(fixture.dir, "from/ping", O_RDONLY | O_CLOEXEC);
	if (fsetxattr(from, "security.capability", value, sizeof(value), 0) < 0)
		test_skip("no file capabilities on this file system");
	check_ok(tree_copy(fixture.dir, "from", fixture.dir, "to", &err), &err);
	to = openat(fixture.dir, "to/ping", O_RDONLY | O_CLOEXEC);
	check_int(fgetxattr(to, "security.capability", got, sizeof(got)), sizeof(got));
	check_int(memcmp(got, value, sizeof(got)), 0);
}

TEST(nothing_that_exists_is_written_to)
{
	auto_store_fixture struct store_fixture fixture;
	struct error err = { 0 };

	store_fixture_begin(&fixture);
	check_int(mkdirat(fixture.dir, "from", 0755), 0);
	put_file(fixture.dir, "from/file", "new");
	check_int(mkdirat(fixture.dir, "victim", 0755), 0);
	check_int(symlinkat("victim", fixture.dir, "to"), 0);
	check_int(tree_copy(fixture.dir, "from", fixture.dir, "to", &err), -EEXIST);
	check_true(!is_there(&fixture, "victim/file"));
}
