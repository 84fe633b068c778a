/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/masked_paths.h"

#include "tests/unit/mount/fixture.h"

static const struct api_file_systems plain = { .shm = FD_NONE, .console = FD_NONE };

/* A root with API file systems, masked. */
static void make_masked_root(void)
{
	struct api_file_systems_made made;
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_prepare_root();
	check_ok(api_file_systems_mount(root, &plain, &made, &err), &err);
	check_ok(masked_paths_apply(&made, &err), &err);
	api_file_systems_made_release(&made);
}

static bool in_root(const char *path, char *full, size_t size)
{
	check_true(snprintf(full, size, "/tmp/root%s", path) < (int)size);
	return access(full, F_OK) == 0;
}

TEST(every_hidden_path_that_exists_shows_nothing)
{
	int n = 0;

	make_masked_root();
	for (size_t i = 0; masked_paths_hidden[i] != NULL; i++) {
		char path[128];
		struct stat host;
		struct stat st;

		if (stat(masked_paths_hidden[i], &host) < 0)
			continue;
		n++;
		check_true(in_root(masked_paths_hidden[i], path, sizeof(path)));
		check_int(stat(path, &st), 0);
		check_uint(st.st_mode, S_ISDIR(st.st_mode) ? S_IFDIR : S_IFREG);
		if (S_ISDIR(st.st_mode))
			check_uint(st.st_nlink, 2); /* no directory in it */
		else
			check_int(st.st_size, 0);
		check_int(open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), -1);
		check_int(chmod(path, 0777), -1);
		check_int(errno, EROFS);
		check_int(rmdir(path), -1);
	}
	check_true(n > 3);
	check_int(rmdir("/tmp/root/proc/acpi/thermal"), -1);
}

TEST(a_hidden_file_reads_as_empty)
{
	make_masked_root();
	fixture_check_content("/tmp/root/proc/kallsyms", "");
	fixture_check_content("/tmp/root/proc/timer_list", "");
}

TEST(nothing_of_the_covers_is_in_dev)
{
	make_masked_root();
	check_int(access("/tmp/root/dev/cover", F_OK), -1);
}

TEST(every_read_only_path_refuses_writing)
{
	make_masked_root();
	for (size_t i = 0; masked_paths_read_only[i] != NULL; i++) {
		char path[128];

		if (in_root(masked_paths_read_only[i], path, sizeof(path)))
			check_true((fixture_mount_flags(path) & ST_RDONLY) != 0);
	}
	check_int(open("/tmp/root/proc/sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC), -1);
	check_int(errno, EROFS);
	check_true((fixture_mount_flags("/tmp/root/proc") & ST_RDONLY) == 0);
}

TEST(the_rest_of_proc_stays_readable_and_the_host_keeps_all)
{
	make_masked_root();
	check_int(access("/tmp/root/proc/meminfo", R_OK), 0);
	check_int(access("/tmp/root/proc/self/oom_score_adj", W_OK), 0);
	check_int(access("/tmp/root/proc/sys/kernel/hostname", R_OK), 0);
	check_int(fixture_count_mounts(" /proc/"), 0);
	check_int(fixture_count_mounts(" /sys/firmware"), 0);
}
