/* SPDX-License-Identifier: Apache-2.0 */
#include "common/privilege/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/unit/test.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "# a comment\n"
			     "\n"
			     "short:x:1\n"
			     "web:x:33:44:Web server:/var/www:/usr/sbin/nologin\n"
			     "huge:x:4294967295:0::/:/bin/sh\n"
			     "negative:x:-1:0::/:/bin/sh\n"
			     "hex:x:0x10:0::/:/bin/sh\n"
			     "bare:x:60:61:::\n"
			     "1000:x:5:6::/five:/bin/sh\n"
			     "again:x:33:99::/other:/bin/sh\n"
			     "long:x:1:1:a:b:c:d\n"
			     "last:x:70:71::/last:/bin/zsh";
static const char group[] = "root:x:0:\n"
			    "adm:x:4:web,root\n"
			    "web:x:44:\n"
			    "bad:x:y:\n"
			    "nofields\n";

static char directory[] = "/tmp/rkt-account-XXXXXX";
static struct arena arena;

static void remove_root(void)
{
	static const char *const names[] = { "etc/passwd", "etc/group", "file", "out" };
	int root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(root, names[i], 0);
	(void)unlinkat(root, "etc", AT_REMOVEDIR);
	(void)close(root);
	(void)rmdir(directory);
}

static int make_root(const char *users, const char *groups)
{
	struct error err = { 0 };
	int root, etc;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)atexit(remove_root);
	root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdirat(root, "etc", 0755), 0);
	etc = openat(root, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (users != NULL)
		check_ok(file_replace_at(etc, "passwd", users, 0644, &err), &err);
	if (groups != NULL)
		check_ok(file_replace_at(etc, "group", groups, 0644, &err), &err);
	(void)close(etc);
	return root;
}

static struct account resolve(int root, const char *user, const char *of_group)
{
	const struct account_names names = { .user = user, .group = of_group };
	struct account account = { 0 };
	struct error err = { 0 };

	check_ok(account_resolve(&arena, root, &names, &account, &err), &err);
	return account;
}

static void check_account(struct account account, uint32_t uid, uint32_t gid, const char *name,
			  const char *home)
{
	check_uint(account.uid, uid);
	check_uint(account.gid, gid);
	check_text(account.name, name);
	check_text(account.home, home);
}

static void check_failure(int root, const char *user, const char *of_group, int want,
			  const char *text)
{
	const struct account_names names = { .user = user, .group = of_group };
	struct account account = { .uid = 77 };
	struct error err = { 0 };

	check_int(account_resolve(&arena, root, &names, &account, &err), want);
	check_contains(err.text, text);
	check_uint(account.uid, 77);
}

TEST(names_are_those_of_the_roots_own_files)
{
	int root = make_root(passwd, group);

	check_account(resolve(root, "web", "adm"), 33, 4, "web", "/var/www");
	check_text(resolve(root, "web", "").shell, "/usr/sbin/nologin");
	check_account(resolve(root, "last", "web"), 70, 44, "last", "/last");
}

TEST(without_a_group_it_is_the_users)
{
	int root = make_root(passwd, group);

	check_uint(resolve(root, "web", "").gid, 44);
	check_uint(resolve(root, "33", "").gid, 44);
	check_uint(resolve(root, "12345", "").gid, 0);
}

TEST(numbers_need_no_entry)
{
	int root = make_root(passwd, group);

	check_account(resolve(root, "12345", "678"), 12345, 678, "12345", "/");
	check_account(resolve(root, "4294967294", "4294967294"), 4294967294, 4294967294,
		      "4294967294", "/");
	check_text(resolve(root, "12345", "0").shell, "/bin/sh");
}

TEST(a_number_with_an_entry_has_its_home)
{
	check_account(resolve(make_root(passwd, group), "33", "0"), 33, 0, "web", "/var/www");
}

TEST(a_name_of_digits_is_a_name_first)
{
	check_account(resolve(make_root(passwd, group), "1000", ""), 5, 6, "1000", "/five");
}

TEST(empty_fields_have_defaults)
{
	struct account account = resolve(make_root(passwd, group), "bare", "");

	check_account(account, 60, 61, "bare", "/");
	check_text(account.shell, "/bin/sh");
}

TEST(root_without_files_is_root)
{
	int root = make_root(NULL, NULL);

	check_account(resolve(root, "0", "0"), 0, 0, "root", "/root");
	check_account(resolve(root, "root", "root"), 0, 0, "root", "/root");
	check_failure(root, "web", "0", -ENOENT,
		      "\"web\" user not found: not in the app's /etc/passwd");
	check_failure(root, "0", "web", -ENOENT,
		      "\"web\" group not found: not in the app's /etc/group");
	check_failure(root, "/gone", "0", -ENOENT,
		      "\"/gone\" user not found: no such file or directory");
	check_failure(root, "0", "/etc/passwd/x", -ENOENT,
		      "\"/etc/passwd/x\" group not found: no such");
}

TEST(what_is_no_entry_is_no_user)
{
	int root = make_root(passwd, group);

	check_failure(root, "short", "0", -ENOENT, "short");
	check_failure(root, "huge", "0", -ENOENT, "huge");
	check_failure(root, "negative", "0", -ENOENT, "negative");
	check_failure(root, "hex", "0", -ENOENT, "hex");
	check_failure(root, "long", "0", -ENOENT, "long");
	check_failure(root, "0", "bad", -ENOENT, "bad");
	check_failure(root, "0", "nofields", -ENOENT, "nofields");
}

TEST(numbers_no_id_can_be_are_refused)
{
	int root = make_root(passwd, group);

	check_failure(root, "4294967295", "0", -EINVAL, "not within");
	check_failure(root, "0", "99999999999999999999", -EINVAL, "not within");
	check_failure(root, "-1", "0", -ENOENT, "no number");
	check_failure(root, "+5", "0", -ENOENT, "no number");
	check_failure(root, " 5", "0", -ENOENT, "no number");
	check_failure(root, "0x5", "0", -ENOENT, "no number");
	check_failure(root, "", "0", -ENOENT, "no number");
}

TEST(a_path_is_the_owner_of_a_file_in_the_root)
{
	int root;

	test_need_root();
	root = make_root(passwd, group);
	(void)close(openat(root, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	check_int(fchownat(root, "file", 33, 4, 0), 0);
	check_account(resolve(root, "/file", "/file"), 33, 4, "web", "/var/www");
	check_account(resolve(root, "/file", ""), 33, 44, "web", "/var/www");
	check_failure(root, "/missing", "0", -ENOENT, "user not found: no such file or directory");
	/* Symlinks stay inside: this is the root's file, not the host's. */
	check_int(symlinkat("/../../../file", root, "out"), 0);
	check_account(resolve(root, "/out", ""), 33, 44, "web", "/var/www");
}

TEST(hostile_files_are_refused_or_empty)
{
	int root = make_root(NULL, NULL);
	int etc = openat(root, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	check_int(mkfifoat(etc, "passwd", 0644), 0);
	check_failure(root, "0", "0", -EINVAL, "passwd");
	check_int(unlinkat(etc, "passwd", 0), 0);
	check_int(symlinkat("/dev/zero", etc, "passwd"), 0);
	check_account(resolve(root, "0", "0"), 0, 0, "root", "/root");
}

TEST(a_huge_file_is_refused)
{
	int root = make_root(NULL, NULL);
	int fd = openat(root, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	check_int(ftruncate(fd, (1 << 20) + 1), 0);
	check_failure(root, "0", "0", -EFBIG, "passwd");
	(void)close(fd);
}

TEST(a_huge_line_is_passed_over)
{
	static char users[70000];
	static const char end[] = ":/h:/s\nok:x:8:9::/ok:/s\n";
	int root;

	memset(users, 'a', sizeof(users));
	memcpy(users, "big:x:3:3:", 10);
	memcpy(users + sizeof(users) - sizeof(end), end, sizeof(end));
	root = make_root(users, group);
	check_failure(root, "big", "0", -ENOENT, "big");
	check_account(resolve(root, "ok", ""), 8, 9, "ok", "/ok");
}
