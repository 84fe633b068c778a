/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/trust/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "tests/unit/test.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddd"

static struct arena arena;
static const struct config_places places = { "system", "local", "" };

static void begin(void)
{
	static char template[] = "/tmp/test-keys-XXXXXX";

	test_make_directory(template);
	check_int(chdir(template), 0);
}

static void put(const char *folder, const char *name, const char *content)
{
	auto_close int dir = FD_NONE, fd = FD_NONE;
	struct error err = { 0 };

	check_ok(file_make_directories(AT_FDCWD, folder, 0755, &err), &err);
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	check_true(fd >= 0);
	check_int(file_write_fd(fd, content, strlen(content)), 0);
}

/* The fingerprints' first letters, in their order, then what the ring's file has. */
static const char *load(const char *name)
{
	auto_keyring struct keyring keyring = KEYRING_NONE;
	auto_text struct text content = { 0 };
	struct error err = { 0 };
	char letters[32] = "";

	check_ok(keystore_load(&arena, &places, name, &keyring, &err), &err);
	check_true(keyring.fingerprints[keyring.n] == NULL);
	for (size_t i = 0; i < keyring.n; i++)
		letters[i] = keyring.fingerprints[i][0];
	check_int(file_read_fd(keyring.keys, 4096, &content), 0);
	return arena_printf(&arena, "%s|%s", letters, text_string(&content));
}

TEST(without_keys_nobody_is_trusted)
{
	begin();
	check_text(load("example.com/app"), "|");
}

TEST(a_prefix_counts_for_its_name_and_those_below)
{
	begin();
	put("local/trustedkeys/root.d", A, "1");
	put("system/trustedkeys/prefix.d/example.com", B, "2");
	put("local/trustedkeys/prefix.d/example.com/app", C, "3");
	put("local/trustedkeys/prefix.d/example.com/app/sub", D, "4");
	check_text(load("example.org"), "a|1\n");
	check_text(load("example.com"), "ab|1\n2\n");
	check_text(load("example.com/app"), "abc|1\n2\n3\n");
	check_text(load("example.com/application"), "ab|1\n2\n");
	check_text(load("example.com/app/sub/further"), "abcd|1\n2\n3\n4\n");
}

TEST(an_empty_file_takes_back_what_stood_before_it)
{
	begin();
	put("system/trustedkeys/root.d", A, "1");
	put("system/trustedkeys/prefix.d/example.com", B, "2");
	put("local/trustedkeys/root.d", A, "");
	put("local/trustedkeys/prefix.d/example.com/app", B, "");
	check_text(load("example.com"), "b|2\n");
	check_text(load("example.com/app"), "|");
	put("local/trustedkeys/prefix.d/example.com/app/again", B, "3");
	check_text(load("example.com/app/again"), "b|3\n");
}

TEST(a_key_that_is_in_two_places_counts_once_as_the_later_one)
{
	begin();
	put("system/trustedkeys/root.d", A, "old");
	put("local/trustedkeys/prefix.d/example.com", A, "new");
	check_text(load("example.com"), "a|new\n");
}

TEST(only_files_named_by_a_fingerprint_are_keys)
{
	begin();
	put("local/trustedkeys/root.d", "README", "x");
	put("local/trustedkeys/root.d", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x");
	put("local/trustedkeys/root.d", "aaaa", "x");
	check_text(load("example.com"), "|");
}

TEST(what_cannot_be_read_is_an_error_that_names_it)
{
	struct keyring keyring = KEYRING_NONE;
	struct error err = { 0 };

	begin();
	put("local/trustedkeys/root.d", "x", "");
	check_int(mkdir("local/trustedkeys/root.d/" A, 0755), 0);
	check_int(keystore_load(&arena, &places, "example.com", &keyring, &err), -EISDIR);
	check_contains(err.text, "local/trustedkeys/root.d/" A);
	check_int(keyring.keys, FD_NONE);
}

TEST(an_added_key_is_in_the_machines_place)
{
	const struct keystore_key key = { "example.com/app", B, "armored" };
	const struct keystore_key root = { "", B, "armored" };
	const char *path = NULL;
	struct error err = { 0 };

	begin();
	check_true(!keystore_has(&places, "example.com/app", B));
	check_ok(keystore_add(&arena, &places, &key, &path, &err), &err);
	check_text(path, "local/trustedkeys/prefix.d/example.com/app/" B);
	check_true(keystore_has(&places, "example.com/app", B));
	check_true(!keystore_has(&places, "example.com", B) && !keystore_has(&places, "", B));
	check_text(load("example.com/app"), "b|armored\n");
	check_ok(keystore_add(&arena, &places, &root, &path, &err), &err);
	check_text(path, "local/trustedkeys/root.d/" B);
}

TEST(a_fingerprint_is_nothing_else)
{
	static const char *const bad[] = { "", "../../etc/passwd", "aaaa", A "a" };
	struct error err = { 0 };

	begin();
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		const struct keystore_key key = { "", bad[i], "armored" };
		const char *path = NULL;

		check_int(keystore_add(&arena, &places, &key, &path, &err), -EINVAL);
	}
	check_int(access("local", F_OK), -1);
}
