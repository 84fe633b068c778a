/* SPDX-License-Identifier: Apache-2.0 */
/* Which file says what, on directories that have files of those names. */
#include "common/cgroup/cgroup_usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/cgroup/cgroup_controller.h"
#include "tests/unit/test.h"

#define ALL (CGROUP_CPUACCT | CGROUP_MEMORY | CGROUP_PIDS | CGROUP_BLKIO)

static int make_directory(void)
{
	char path[] = "/tmp/usage-XXXXXX";
	int fd;

	test_make_directory(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_true(fd >= 0);
	return fd;
}

static void put(int fd, const char *file, const char *content)
{
	struct error err = { 0 };

	check_ok(file_replace_at(fd, file, content, 0644, &err), &err);
}

TEST(v2_counts_cpu_in_every_cgroup_and_the_rest_with_controllers)
{
	struct cgroup_usage usage = CGROUP_USAGE_NONE;
	auto_close int fd = make_directory();

	put(fd, "cpu.stat", "usage_usec 1234567\nuser_usec 1\nsystem_usec 2\n");
	put(fd, "memory.current", "4096\n");
	put(fd, "pids.current", "3\n");
	put(fd, "io.stat",
	    "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=7 dios=0\n"
	    "8:16 rbytes=1 wbytes=2 rios=1 wios=2 dbytes=0 dios=0\n");
	cgroup_usage_read(fd, 2, 0, &usage);
	check_uint(usage.cpu_ns, 1234567000);
	check_uint(usage.memory_bytes, CGROUP_USAGE_UNKNOWN);
	check_uint(usage.io_read_bytes, CGROUP_USAGE_UNKNOWN);
	cgroup_usage_read(fd, 2, ALL, &usage);
	check_uint(usage.memory_bytes, 4096);
	check_uint(usage.pids, 3);
	check_uint(usage.io_read_bytes, 11);
	check_uint(usage.io_write_bytes, 22);
}

TEST(v1_counts_in_the_hierarchy_of_each_controller)
{
	struct cgroup_usage usage = CGROUP_USAGE_NONE;
	auto_close int fd = make_directory();

	put(fd, "cpuacct.usage", "987654321\n");
	put(fd, "memory.usage_in_bytes", "8192\n");
	put(fd, "pids.current", "2\n");
	put(fd, "blkio.throttle.io_service_bytes_recursive",
	    "8:0 Read 100\n8:0 Write 200\n8:0 Sync 300\n8:0 Total 300\nTotal 300\n");
	cgroup_usage_read(fd, 1, CGROUP_SYSTEMD, &usage);
	check_uint(usage.cpu_ns, CGROUP_USAGE_UNKNOWN);
	cgroup_usage_read(fd, 1, ALL, &usage);
	check_uint(usage.cpu_ns, 987654321);
	check_uint(usage.memory_bytes, 8192);
	check_uint(usage.pids, 2);
	check_uint(usage.io_read_bytes, 100);
	check_uint(usage.io_write_bytes, 200);
}

TEST(what_is_no_number_or_not_there_is_unknown)
{
	struct cgroup_usage usage = CGROUP_USAGE_NONE;
	auto_close int fd = make_directory();

	put(fd, "memory.usage_in_bytes", "many\n");
	put(fd, "cpuacct.usage", "");
	cgroup_usage_read(fd, 1, ALL, &usage);
	check_uint(usage.memory_bytes, CGROUP_USAGE_UNKNOWN);
	check_uint(usage.cpu_ns, CGROUP_USAGE_UNKNOWN);
	check_uint(usage.pids, CGROUP_USAGE_UNKNOWN);
	check_uint(usage.io_read_bytes, CGROUP_USAGE_UNKNOWN);
}

TEST(an_idle_disk_is_zero)
{
	struct cgroup_usage usage = CGROUP_USAGE_NONE;
	auto_close int fd = make_directory();

	put(fd, "io.stat", "");
	cgroup_usage_read(fd, 2, CGROUP_BLKIO, &usage);
	check_uint(usage.io_read_bytes, 0);
	check_uint(usage.io_write_bytes, 0);
}
