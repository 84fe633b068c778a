/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_host.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_pod.h"
#include "tests/unit/test.h"

static const char v1_mounts[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:3 - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";
static const char v1_own[] = "4:memory:/jobs/one\n"
			     "3:cpuset:/\n"
			     "2:cpu,cpuacct:/system.slice/rkt.service\n"
			     "1:name=systemd:/system.slice/rkt.service\n";
static const char v2_mounts[] =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

static struct arena arena;

static const struct cgroup_hierarchy *find(const struct cgroup_host *host, uint32_t controller)
{
	for (size_t i = 0; i < host->n; i++) {
		if (host->items[i].controllers & controller)
			return &host->items[i];
	}
	ck_abort_msg("no hierarchy with the controller %x", controller);
}

TEST(v1_hierarchies_are_found_with_our_place_in_each)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };

	check_ok(cgroup_host_parse(&arena, v1_mounts, v1_own, &host, &err), &err);
	check_uint(find(&host, CGROUP_CPU)->controllers, CGROUP_CPU | CGROUP_CPUACCT);
	check_text(find(&host, CGROUP_CPU)->mount_point, "/sys/fs/cgroup/cpu,cpuacct");
	check_text(find(&host, CGROUP_CPU)->own_path, "system.slice/rkt.service");
	check_text(find(&host, CGROUP_MEMORY)->own_path, "jobs/one");
	check_text(find(&host, CGROUP_SYSTEMD)->mount_point, "/sys/fs/cgroup/systemd");
	check_uint(cgroup_host_controllers(&host), CGROUP_CPU | CGROUP_CPUACCT | CGROUP_MEMORY);
}

TEST(v2_is_one_tree)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };

	check_ok(
	    cgroup_host_parse(&arena, v2_mounts, "0::/user.slice/session-1.scope\n", &host, &err),
	    &err);
	check_uint(host.n, 1);
	check_uint(host.items[0].version, 2);
	check_text(host.items[0].mount_point, "/sys/fs/cgroup");
	check_text(host.items[0].own_path, "user.slice/session-1.scope");
}

TEST(a_part_of_a_hierarchy_may_be_mounted)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };

	check_ok(cgroup_host_parse(&arena, "1 2 0:3 /box/a /cg rw - cgroup cgroup rw,pids\n",
				   "8:pids:/box/a/b\n", &host, &err),
		 &err);
	check_text(host.items[0].own_path, "b");
	check_ok(cgroup_host_parse(&arena, "1 2 0:3 /box /cg rw - cgroup cgroup rw,pids\n",
				   "8:pids:/box\n", &host, &err),
		 &err);
	check_text(host.items[0].own_path, "");
}

TEST(a_mount_that_does_not_show_us_does_not_count)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };

	check_int(cgroup_host_parse(&arena, "1 2 0:3 /other /cg rw - cgroup cgroup rw,pids\n",
				    "8:pids:/box\n", &host, &err),
		  -ENOENT);
	check_contains(err.text, "none are mounted");
	check_int(cgroup_host_parse(&arena, "1 2 0:3 /bo /cg rw - cgroup cgroup rw,pids\n",
				    "8:pids:/box\n", &host, &err),
		  -ENOENT);
	check_int(cgroup_host_parse(&arena, "1 2 0:3 / /cg rw - cgroup cgroup rw,pids\n",
				    "8:pids:/../up\n", &host, &err),
		  -ENOENT);
}

TEST(escaped_mount_points_are_read_as_they_are)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };

	check_ok(cgroup_host_parse(&arena, "1 2 0:3 / /a\\040b\\134c rw - cgroup2 none rw\n",
				   "0::/x:y\n", &host, &err),
		 &err);
	check_text(host.items[0].mount_point, "/a b\\c");
	check_text(host.items[0].own_path, "x:y");
}

TEST(the_first_mount_of_a_hierarchy_counts)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };

	check_ok(cgroup_host_parse(&arena,
				   "1 2 0:3 / /first rw - cgroup cgroup rw,pids\n"
				   "1 2 0:3 / /second rw - cgroup cgroup rw,pids\n",
				   "8:pids:/\n", &host, &err),
		 &err);
	check_uint(host.n, 1);
	check_text(host.items[0].mount_point, "/first");
}

TEST(unreadable_lines_are_an_error_or_nothing)
{
	struct cgroup_host host = { .n = 5 };
	struct error err = { 0 };

	check_int(cgroup_host_parse(&arena, v2_mounts, "nonsense\n", &host, &err), -EPROTO);
	check_contains(err.text, "nonsense");
	check_int(cgroup_host_parse(&arena, "\n\n1 2\n - cgroup2\n1 2 3 4 5 6 - cgroup2\n",
				    "0::/\n", &host, &err),
		  -ENOENT);
	check_int(cgroup_host_parse(&arena, "", "", &host, &err), -ENOENT);
	check_uint(host.n, 5);
}

/* A tree with the files of v2, on a file system of the test's own that has trusted xattrs. */
static int make_tree(const char *delegated)
{
	static const char *const paths[] = { "user.slice", "user.slice/session-1.scope",
					     "system.slice", "system.slice/rkt.service",
					     "system.slice/rkt.service/supervisor" };
	struct error err = { 0 };
	int root;

	test_enter_mount_namespace();
	check_int(mount("tmpfs", "/mnt", "tmpfs", 0, NULL), 0);
	root = open("/mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(
	    file_replace_at(root, "cgroup.controllers", "cpuset cpu io memory pids\n", 0644, &err),
	    &err);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd;

		check_int(mkdirat(root, paths[i], 0755), 0);
		fd = openat(root, paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		check_ok(file_replace_at(fd, "cgroup.controllers", "memory pids\n", 0644, &err),
			 &err);
		if (delegated != NULL && strcmp(paths[i], delegated) == 0)
			check_int(fsetxattr(fd, "trusted.delegate", "1", 1, 0), 0);
		(void)close(fd);
	}
	return root;
}

static struct cgroup_host look(int root, const char *own, bool systemd)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };
	char line[128];

	(void)snprintf(line, sizeof(line), "0::/%s\n", own);
	check_ok(cgroup_host_parse(&arena, v2_mounts, line, &host, &err), &err);
	host.systemd = systemd;
	check_ok(cgroup_host_look(&arena, root, &host, &err), &err);
	return host;
}

TEST(a_login_session_gets_machine_slice)
{
	struct cgroup_host host = look(make_tree(NULL), "user.slice/session-1.scope", true);

	check_true(!host.delegated);
	check_text(host.items[0].base_path, "machine.slice");
	check_uint(host.items[0].controllers,
		   CGROUP_CPU | CGROUP_BLKIO | CGROUP_MEMORY | CGROUP_PIDS);
	check_true(cgroup_host_controllers(&host) & CGROUP_DEVICES);
}

TEST(a_delegated_service_keeps_its_pods)
{
	struct cgroup_host host =
	    look(make_tree("system.slice/rkt.service"), "system.slice/rkt.service", true);

	check_true(host.delegated);
	check_text(host.items[0].base_path, "system.slice/rkt.service");
	check_uint(host.items[0].controllers, CGROUP_MEMORY | CGROUP_PIDS);
}

TEST(a_caller_in_our_leaf_has_the_leafs_parent)
{
	struct cgroup_host host = look(make_tree("system.slice/rkt.service"),
				       "system.slice/rkt.service/supervisor", true);

	check_true(host.delegated);
	check_text(host.items[0].base_path, "system.slice/rkt.service");
}

TEST(a_leaf_of_that_name_that_nobody_delegated_is_not_ours)
{
	struct cgroup_host host =
	    look(make_tree(NULL), "system.slice/rkt.service/supervisor", true);

	check_true(!host.delegated);
	check_text(host.items[0].base_path, "machine.slice");
}

TEST(without_systemd_every_cgroup_is_ours)
{
	struct cgroup_host host = look(make_tree(NULL), "user.slice/session-1.scope", false);

	check_true(host.delegated);
	check_text(host.items[0].base_path, "user.slice/session-1.scope");
}

TEST(the_root_of_what_we_see_is_ours)
{
	check_true(look(make_tree(NULL), "", true).delegated);
}

static struct cgroup_pod plan(const struct cgroup_host *host, uint32_t controllers)
{
	const struct cgroup_pod_request request = {
		.uuid = "dd09c580-7b0f-4e52-b254-1d3ec568e3d9",
		.controllers = controllers,
	};
	struct cgroup_pod pod = CGROUP_POD_NONE;
	struct error err = { 0 };

	check_ok(cgroup_pod_plan(&arena, host, &request, &pod, &err), &err);
	return pod;
}

TEST(v1_pods_use_what_is_asked_and_one_that_tracks)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };
	struct cgroup_pod pod;

	check_ok(cgroup_host_parse(&arena, v1_mounts, v1_own, &host, &err), &err);
	pod = plan(&host, CGROUP_MEMORY | CGROUP_PIDS);
	check_uint(pod.n, 2);
	check_text(pod.items[0].path,
		   "/sys/fs/cgroup/systemd/system.slice/rkt.service/"
		   "machine-rkt\\x2ddd09c580\\x2d7b0f\\x2d4e52\\x2db254\\x2d1d3ec568e3d9.scope");
	check_text(pod.subcgroup,
		   "/system.slice/rkt.service/"
		   "machine-rkt\\x2ddd09c580\\x2d7b0f\\x2d4e52\\x2db254\\x2d1d3ec568e3d9.scope");
	check_uint(pod.items[1].controllers, CGROUP_MEMORY);
	check_contains(pod.items[1].path, "/sys/fs/cgroup/memory/jobs/one/machine-rkt");
	check_int(cgroup_pod_clone_fd(&pod), FD_NONE);
}

TEST(hybrid_pods_are_tracked_in_the_v2_tree)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };
	auto_text struct text mounts = { 0 };
	auto_text struct text own = { 0 };
	struct cgroup_pod pod;

	check_int(text_printf(&mounts,
			      "%s41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			      v1_mounts),
		  0);
	check_int(text_printf(&own, "%s0::/x\n", v1_own), 0);
	check_ok(cgroup_host_parse(&arena, mounts.data, own.data, &host, &err), &err);
	host.delegated = true;
	pod = plan(&host, CGROUP_CPU | CGROUP_CPUACCT | CGROUP_DEVICES);
	check_uint(pod.n, 2);
	check_contains(pod.items[0].path, "/sys/fs/cgroup/unified/x/machine-rkt");
	check_uint(pod.items[0].controllers, CGROUP_DEVICES);
	check_uint(pod.items[1].controllers, CGROUP_CPU | CGROUP_CPUACCT);
}

TEST(v2_pods_are_in_one_tree_with_the_controllers_that_it_has)
{
	struct cgroup_host host = look(make_tree(NULL), "user.slice/session-1.scope", true);
	struct cgroup_pod pod = plan(&host, CGROUP_MEMORY | CGROUP_CPUACCT | CGROUP_FREEZER);

	check_uint(pod.n, 1);
	check_true(pod.in_machine_slice);
	check_true(!pod.may_move);
	check_contains(pod.subcgroup, "/machine.slice/machine-rkt");
	check_uint(pod.items[0].controllers, CGROUP_MEMORY | CGROUP_CPUACCT | CGROUP_FREEZER);
}

TEST(this_machine_is_readable)
{
	struct cgroup_host host = { 0 };
	struct error err = { 0 };
	int r = cgroup_host_detect(&arena, &host, &err);

	if (r == -ENOENT)
		test_skip("no cgroups are mounted here");
	check_ok(r, &err);
	check_true(host.n > 0);
}
