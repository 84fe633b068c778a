/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

/* A directory of the test's own. */
struct folder {
	char path[32];
	int fd;
};

static void set_up(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/rkt-test-XXXXXX");
	check_true(mkdtemp(folder->path) != NULL);
	folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(folder->fd >= 0);
}

static void remove_all(int fd)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;

	while ((entry = readdir(directory)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			if (unlinkat(fd, entry->d_name, 0) < 0) {
				remove_all(openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY));
				(void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
			}
	(void)closedir(directory);
}

static void tear_down(struct folder *folder)
{
	remove_all(folder->fd);
	check_int(rmdir(folder->path), 0);
}

static int count_entries(const char *path)
{
	DIR *directory = opendir(path);
	int n = 0;

	while (readdir(directory) != NULL)
		n++;
	(void)closedir(directory);
	return n - 2;
}

TEST(what_is_put_in_place_is_read_back)
{
	struct error err = { 0 };
	struct folder folder;
	auto_text struct text text = { 0 };
	struct stat st;

	set_up(&folder);
	check_ok(file_replace_at(folder.fd, "x", "old", 0640, &err), &err);
	check_ok(file_replace_at(folder.fd, "x", "new content", 0600, &err), &err);
	check_ok(file_read_at(folder.fd, "x", 100, &text, &err), &err);
	check_text(text_string(&text), "new content");
	check_int(fstatat(folder.fd, "x", &st, 0), 0);
	check_uint(st.st_mode & 07777U, 0600);
	check_int(count_entries(folder.path), 1); /* no temporary file stays */
	tear_down(&folder);
}

TEST(a_replacement_that_fails_leaves_the_old_content_and_nothing_else)
{
	struct error err = { 0 };
	struct folder folder;

	set_up(&folder);
	check_int(mkdirat(folder.fd, "taken", 0755), 0);
	check_true(file_replace_at(folder.fd, "taken", "x", 0644, &err) < 0);
	check_contains(err.text, "writing taken: ");
	check_int(count_entries(folder.path), 1);
	check_int(file_replace_at(folder.fd, "no/where", "x", 0644, &err), -ENOENT);
	check_contains(err.text, "creating no/where: No such file");
	tear_down(&folder);
}

TEST(reading_stops_at_the_limit)
{
	struct error err = { 0 };
	struct folder folder;
	auto_text struct text text = { 0 };

	set_up(&folder);
	check_ok(file_replace_at(folder.fd, "x", "12345", 0644, &err), &err);
	check_int(file_read_at(folder.fd, "x", 4, &text, &err), -EFBIG);
	check_text(err.text, "reading x: larger than 4 bytes");
	text_reset(&text);
	check_ok(file_read_at(folder.fd, "x", 5, &text, &err), &err);
	check_text(text_string(&text), "12345");
	tear_down(&folder);
}

TEST(a_link_is_not_followed_and_a_fifo_does_not_hang)
{
	struct error err = { 0 };
	struct folder folder;
	auto_text struct text text = { 0 };

	set_up(&folder);
	check_int(symlinkat("/etc/passwd", folder.fd, "link"), 0);
	check_int(file_read_at(folder.fd, "link", 100, &text, &err), -ELOOP);
	check_contains(err.text, "opening link: ");
	check_int(file_write_at(folder.fd, "link", "x", &err), -ELOOP);
	check_int(mkfifoat(folder.fd, "fifo", 0600), 0);
	check_ok(file_read_at(folder.fd, "fifo", 100, &text, &err), &err);
	check_text(text_string(&text), "");
	tear_down(&folder);
}

TEST(an_existing_file_is_written_and_none_is_made)
{
	struct error err = { 0 };
	struct folder folder;
	auto_text struct text text = { 0 };

	set_up(&folder);
	check_int(file_write_at(folder.fd, "x", "1", &err), -ENOENT);
	check_text(err.text, "opening x: No such file or directory");
	check_ok(file_replace_at(folder.fd, "x", "", 0644, &err), &err);
	check_ok(file_write_at(folder.fd, "x", "1", &err), &err);
	check_ok(file_read_at(folder.fd, "x", 10, &text, &err), &err);
	check_text(text_string(&text), "1");
	check_int(file_write_at(AT_FDCWD, "/dev/full", "1", &err), -ENOSPC);
	check_text(err.text, "writing \"1\" to /dev/full: No space left on device");
	tear_down(&folder);
}

TEST(directories_are_made_with_their_parents)
{
	struct error err = { 0 };
	struct folder folder;
	struct stat st;

	set_up(&folder);
	check_ok(file_make_directories(folder.fd, "a/b/c", 0700, &err), &err);
	check_ok(file_make_directories(folder.fd, "a/b/c/d", 0700, &err), &err);
	check_ok(file_make_directories(folder.fd, "a/b", 0700, &err), &err);
	check_int(fstatat(folder.fd, "a/b/c/d", &st, 0), 0);
	check_true(S_ISDIR(st.st_mode));
	check_ok(file_replace_at(folder.fd, "file", "", 0644, &err), &err);
	check_int(file_make_directories(folder.fd, "file/below", 0700, &err), -ENOTDIR);
	check_contains(err.text, "file/below");
	tear_down(&folder);
}

TEST(all_is_written_to_a_slow_pipe)
{
	char block[4096], got[4096];
	size_t total = 0;
	ssize_t n;
	int ends[2];

	memset(block, 'x', sizeof(block));
	check_int(pipe(ends), 0);
	if (fork() == 0) {
		int r = 0;

		for (int i = 0; i < 100 && r == 0; i++)
			r = file_write_fd(ends[1], block, sizeof(block));
		_exit(r < 0);
	}
	check_int(close(ends[1]), 0);
	while ((n = read(ends[0], got, 1000)) > 0)
		total += (size_t)n;
	check_uint(total, 100 * sizeof(block));
	(void)signal(SIGPIPE, SIG_IGN);
	check_int(pipe(ends), 0);
	check_int(close(ends[0]), 0);
	check_int(file_write_fd(ends[1], "x", 1), -EPIPE);
}
