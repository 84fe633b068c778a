/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - a world for the tests of this folder: a mount namespace of one's
 * own with a tmpfs at /tmp, in it root/ (an image's tree) and outside/.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/root_switch.h"
#include "tests/unit/test.h"

static inline int fixture_open(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "opening %s: %m", path);
	return fd;
}

static inline void fixture_make_directory(const char *path)
{
	ck_assert_msg(mkdir(path, 0755) == 0, "making %s: %m", path);
}

static inline void fixture_write(const char *path, const char *content)
{
	FILE *file = fopen(path, "we");

	ck_assert_msg(file != NULL, "creating %s: %m", path);
	check_true(fputs(content, file) >= 0);
	check_int(fclose(file), 0);
}

static inline void fixture_check_content(const char *path, const char *want)
{
	char got[256] = "";
	FILE *file = fopen(path, "re");

	ck_assert_msg(file != NULL, "opening %s: %m", path);
	check_true(fread(got, 1, sizeof(got) - 1, file) < sizeof(got) - 1);
	(void)fclose(file);
	check_text(got, want);
}

static inline void fixture_make_world(void)
{
	test_enter_mount_namespace();
	check_int(mount("tmpfs", "/tmp", "tmpfs", 0, "mode=0755"), 0);
	fixture_make_directory("/tmp/root");
	fixture_make_directory("/tmp/outside");
}

/* The root as an app gets it: a mount of its own at /tmp/root. */
static inline int fixture_prepare_root(void)
{
	static const struct mount_tree_attr attr = { .no_dev = true };
	struct error err = { 0 };
	auto_close int fd = fixture_open("/tmp/root");
	int root = FD_NONE;

	check_ok(root_switch_prepare(fd, &attr, &root, &err), &err);
	return root;
}

/* Ends a test that has switched its root: no sanitizer could look for leaks without /proc. */
static inline void fixture_end_without_proc(void)
{
	_exit(0);
}

/* Flags of the mount that path is on: ST_RDONLY, ST_NOSUID … */
static inline unsigned long fixture_mount_flags(const char *path)
{
	struct statvfs fs;

	ck_assert_msg(statvfs(path, &fs) == 0, "looking at %s: %m", path);
	return fs.f_flag;
}

/* How often a text appears in the mount table of this namespace. */
static inline int fixture_count_mounts(const char *text)
{
	char line[4096];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int n = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, text) != NULL;
	(void)fclose(file);
	return n;
}
