/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cgroup/cgroup_usage.h"

#include <errno.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/cgroup/cgroup_controller.h"
#include "common/cgroup/cgroup_manager.h"

/* One line for each device: no machine has as many as would fill this. */
#define MAX_FILE_BYTES ((size_t)64 << 10)

static int read_file(int fd, const char *file, struct text *ret)
{
	struct error ignored = { 0 };

	return file_read_at(fd, file, MAX_FILE_BYTES, ret, &ignored);
}

static uint64_t read_number(int fd, const char *file)
{
	auto_text struct text content = { 0 };
	uint64_t number;

	if (read_file(fd, file, &content) < 0 || content.length == 0)
		return CGROUP_USAGE_UNKNOWN;
	content.data[strcspn(content.data, "\n")] = '\0';
	return parse_u64(content.data, INT64_MAX, &number) < 0 ? CGROUP_USAGE_UNKNOWN : number;
}

static uint64_t read_cpu_v2(int fd)
{
	struct error ignored = { 0 };
	uint64_t us = 0;

	if (cgroup_read_key(fd, "cpu.stat", "usage_usec", &us, &ignored) < 0 ||
	    us > INT64_MAX / 1000)
		return CGROUP_USAGE_UNKNOWN;
	return us * 1000;
}

/* The numbers behind a word, of all lines: "8:0 rbytes=1 wbytes=2", "8:0 Read 1". */
static uint64_t sum_behind(const struct text *content, const char *word)
{
	uint64_t sum = 0;
	size_t length = strlen(word);

	for (const char *at = text_string(content); (at = strstr(at, word)) != NULL;) {
		char number[24] = { 0 };
		uint64_t value;

		at += length;
		(void)strncat(number, at,
			      strspn(at, "0123456789") < 20 ? strspn(at, "0123456789") : 20);
		if (parse_u64(number, INT64_MAX, &value) == 0 && value <= INT64_MAX - sum)
			sum += value;
	}
	return sum;
}

static void read_io(int fd, unsigned version, struct cgroup_usage *usage)
{
	auto_text struct text content = { 0 };
	const char *file = version == 2 ? "io.stat" : "blkio.throttle.io_service_bytes_recursive";

	if (read_file(fd, file, &content) < 0)
		return;
	usage->io_read_bytes = sum_behind(&content, version == 2 ? " rbytes=" : " Read ");
	usage->io_write_bytes = sum_behind(&content, version == 2 ? " wbytes=" : " Write ");
}

void cgroup_usage_read(int fd, unsigned version, uint32_t controllers, struct cgroup_usage *usage)
{
	if (version == 2)
		usage->cpu_ns = read_cpu_v2(fd);
	else if ((controllers & CGROUP_CPUACCT) != 0)
		usage->cpu_ns = read_number(fd, "cpuacct.usage");
	if ((controllers & CGROUP_MEMORY) != 0)
		usage->memory_bytes =
		    read_number(fd, version == 2 ? "memory.current" : "memory.usage_in_bytes");
	if ((controllers & CGROUP_PIDS) != 0)
		usage->pids = read_number(fd, "pids.current");
	if ((controllers & CGROUP_BLKIO) != 0)
		read_io(fd, version, usage);
}

static int count(pid_t pid, void *data)
{
	uint64_t *n = data;

	(void)pid;
	++*n;
	return 0;
}

void cgroup_app_usage(const struct cgroup_app *app, struct cgroup_usage *ret)
{
	struct cgroup_usage usage = CGROUP_USAGE_NONE;
	struct error ignored = { 0 };
	uint64_t n = 0;

	for (size_t i = 0; i < app->n; i++)
		cgroup_usage_read(app->items[i].fd, app->items[i].manager->version,
				  app->items[i].controllers, &usage);
	if (usage.pids == CGROUP_USAGE_UNKNOWN &&
	    cgroup_app_processes(app, count, &n, &ignored) == 0)
		usage.pids = n;
	*ret = usage;
}
