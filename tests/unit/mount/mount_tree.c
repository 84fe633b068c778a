/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mount/mount_tree.h"

#include <sys/wait.h>

#include "tests/unit/mount/fixture.h"

TEST(a_tree_hangs_nowhere_until_it_is_attached)
{
	static const struct mount_tree_tmpfs wanted = { .size_bytes = 4096, .mode = 0711 };
	auto_close int tree = FD_NONE;
	auto_close int target = FD_NONE;
	struct error err = { 0 };
	struct stat st;

	fixture_make_world();
	check_ok(mount_tree_tmpfs(&wanted, &tree, &err), &err);
	check_int(fixture_count_mounts("/tmp/outside"), 0);
	target = fixture_open("/tmp");
	check_ok(mount_tree_attach(tree, target, "outside", &err), &err);
	check_int(fixture_count_mounts("/tmp/outside"), 1);
	check_int(stat("/tmp/outside", &st), 0);
	check_uint(st.st_mode & 07777, 0711);
}

TEST(a_tmpfs_holds_no_more_than_its_size)
{
	static const struct mount_tree_tmpfs wanted = { .size_bytes = 8192 };
	auto_close int tree = FD_NONE;
	auto_close int fd = FD_NONE;
	struct error err = { 0 };
	char page[4096] = "";

	fixture_make_world();
	check_ok(mount_tree_tmpfs(&wanted, &tree, &err), &err);
	fd = openat(tree, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	check_int(write(fd, page, sizeof(page)), sizeof(page));
	check_int(write(fd, page, sizeof(page)), sizeof(page));
	check_int(write(fd, page, sizeof(page)), -1);
	check_int(errno, ENOSPC);
}

TEST(a_read_only_tree_refuses_writes)
{
	static const struct mount_tree_tmpfs wanted = { .mode = 0755 };
	auto_close int tree = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	check_ok(mount_tree_tmpfs(&wanted, &tree, &err), &err);
	check_int(mkdirat(tree, "before", 0755), 0);
	check_ok(mount_tree_restrict(tree, &(struct mount_tree_attr){ .read_only = true },
				     MOUNT_TREE_TOP, &err),
		 &err);
	check_int(mkdirat(tree, "after", 0755), -1);
	check_int(errno, EROFS);
}

TEST(restricting_leaves_other_flags_alone)
{
	static const struct mount_tree_tmpfs wanted = { .attr = { .no_suid = true } };
	auto_close int tree = FD_NONE;
	auto_close int target = FD_NONE;
	struct error err = { 0 };
	unsigned long flags;

	fixture_make_world();
	check_ok(mount_tree_tmpfs(&wanted, &tree, &err), &err);
	check_ok(mount_tree_restrict(tree, &(struct mount_tree_attr){ .no_exec = true },
				     MOUNT_TREE_TOP, &err),
		 &err);
	target = fixture_open("/tmp/outside");
	check_ok(mount_tree_attach(tree, target, "", &err), &err);
	flags = fixture_mount_flags("/tmp/outside");
	check_true((flags & ST_NOSUID) != 0);
	check_true((flags & ST_NOEXEC) != 0);
	check_true((flags & ST_RDONLY) == 0);
	check_true((flags & ST_NODEV) == 0);
}

TEST(a_clone_has_the_mounts_below_it_only_when_asked)
{
	auto_close int source = FD_NONE;
	auto_close int top = FD_NONE;
	auto_close int all = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	fixture_make_directory("/tmp/outside/below");
	check_int(mount("tmpfs", "/tmp/outside/below", "tmpfs", 0, NULL), 0);
	fixture_write("/tmp/outside/below/file", "x");
	source = fixture_open("/tmp/outside");
	check_ok(mount_tree_clone(source, MOUNT_TREE_TOP, &top, &err), &err);
	check_ok(mount_tree_clone(source, MOUNT_TREE_ALL, &all, &err), &err);
	check_int(faccessat(top, "below/file", F_OK, 0), -1);
	check_int(faccessat(all, "below/file", F_OK, 0), 0);
}

TEST(what_is_attached_leads_to_plain_names_only)
{
	static const struct mount_tree_tmpfs wanted = { .mode = 0755 };
	auto_close int tree = FD_NONE;
	auto_close int root = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	root = fixture_open("/tmp/root");
	check_int(symlink("../outside", "/tmp/root/link"), 0);
	check_ok(mount_tree_tmpfs(&wanted, &tree, &err), &err);
	check_int(mount_tree_attach(tree, root, "../outside", &err), -EINVAL);
	check_int(mount_tree_attach(tree, root, "..", &err), -EINVAL);
	check_true(mount_tree_attach(tree, root, "link", &err) < 0);
	check_int(fixture_count_mounts("/tmp/outside"), 0);
}

TEST(an_unknown_file_system_or_option_is_named)
{
	static const struct mount_tree_option option = { "no-such-option", "1" };
	struct mount_tree_file_system wanted = { .type = "no-such-fs" };
	struct error err = { 0 };
	int tree = 12345;

	fixture_make_world();
	check_int(mount_tree_new(&wanted, &tree, &err), -ENODEV);
	check_text(err.text, "mounting no-such-fs: the kernel has no such file system");
	wanted =
	    (struct mount_tree_file_system){ .type = "tmpfs", .options = &option, .n_options = 1 };
	check_int(mount_tree_new(&wanted, &tree, &err), -EINVAL);
	check_contains(err.text, "no-such-option");
	check_int(tree, 12345);
}

/* The four directories of an overlay below /tmp/outside. */
static void make_layers(void)
{
	fixture_make_world();
	fixture_make_directory("/tmp/outside/low");
	fixture_make_directory("/tmp/outside/high");
	fixture_make_directory("/tmp/outside/upper");
	fixture_make_directory("/tmp/outside/work");
	fixture_write("/tmp/outside/low/a", "low");
	fixture_write("/tmp/outside/low/b", "low");
	fixture_write("/tmp/outside/high/a", "high");
}

TEST(an_overlay_shows_the_uppermost_layer_and_writes_to_upper)
{
	auto_close int low = FD_NONE;
	auto_close int high = FD_NONE;
	auto_close int upper = FD_NONE;
	auto_close int work = FD_NONE;
	auto_close int root = FD_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };

	make_layers();
	low = fixture_open("/tmp/outside/low");
	high = fixture_open("/tmp/outside/high");
	upper = fixture_open("/tmp/outside/upper");
	work = fixture_open("/tmp/outside/work");
	root = fixture_open("/tmp/root");
	check_ok(mount_tree_overlay(&(struct mount_tree_overlay){ .lower = (int[]){ high, low },
								  .n_lower = 2,
								  .upper = upper,
								  .work = work,
								  .attr = { .no_dev = true } },
				    &tree, &err),
		 &err);
	check_ok(mount_tree_attach(tree, root, "", &err), &err);
	fixture_check_content("/tmp/root/a", "high");
	fixture_check_content("/tmp/root/b", "low");
	fixture_write("/tmp/root/b", "changed");
	fixture_check_content("/tmp/outside/low/b", "low");
	fixture_check_content("/tmp/outside/upper/b", "changed");
	check_true((fixture_mount_flags("/tmp/root") & ST_NODEV) != 0);
}

TEST(an_overlay_of_many_layers_without_upper_is_read_only)
{
	auto_close int low = FD_NONE;
	auto_close int tree = FD_NONE;
	int layers[40];
	struct error err = { 0 };

	make_layers();
	for (size_t i = 0; i < ARRAY_LENGTH(layers); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/tmp/outside/layer%zu", i);
		fixture_make_directory(path);
		layers[i] = fixture_open(path);
	}
	layers[39] = low = fixture_open("/tmp/outside/low");
	check_ok(mount_tree_overlay(
		     &(struct mount_tree_overlay){
			 .lower = layers, .n_lower = 40, .upper = FD_NONE, .work = FD_NONE },
		     &tree, &err),
		 &err);
	check_int(faccessat(tree, "a", F_OK, 0), 0);
	check_int(mkdirat(tree, "new", 0755), -1);
	check_int(errno, EROFS);
}

TEST(an_overlay_of_no_layers_is_refused)
{
	struct mount_tree_overlay wanted = { .upper = FD_NONE, .work = FD_NONE };
	struct error err = { 0 };
	int tree = 12345;

	check_int(mount_tree_overlay(&wanted, &tree, &err), -EINVAL);
	wanted.n_lower = MOUNT_TREE_MAX_LOWER + 1;
	check_int(mount_tree_overlay(&wanted, &tree, &err), -EINVAL);
	check_contains(err.text, "65 lower layers");
	check_int(tree, 12345);
}

TEST(owners_can_be_mapped_only_by_a_namespace)
{
	auto_close int source = FD_NONE;
	auto_close int tree = FD_NONE;
	struct error err = { 0 };

	fixture_make_world();
	source = fixture_open("/tmp/outside");
	check_ok(mount_tree_clone(source, MOUNT_TREE_TOP, &tree, &err), &err);
	check_int(mount_tree_map_users(tree, FD_NONE, MOUNT_TREE_TOP, &err), -EBADF);
	check_true(mount_tree_map_users(tree, source, MOUNT_TREE_TOP, &err) < 0);
	check_contains(err.text, "mapping the owners");
}
