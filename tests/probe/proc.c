/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "NUMBER TARGET" for each open descriptor but the one that looks. */
static int fds(int argc, char **argv)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	char path[300], target[4096];

	(void)argc;
	(void)argv;
	if (folder == NULL)
		return probe_fail("/proc/self/fd");
	while ((entry = readdir(folder)) != NULL) {
		ssize_t n;

		if (entry->d_name[0] == '.' ||
		    (int)probe_number(entry->d_name, INT32_MAX) == dirfd(folder))
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		n = readlink(path, target, sizeof(target));
		(void)printf("%s %.*s\n", entry->d_name, n > 0 ? (int)n : 0, target);
	}
	return closedir(folder) < 0 ? probe_fail("/proc/self/fd") : 0;
}

static int mounts(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return probe_cat("/proc/self/mountinfo");
}

static int cgroup(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return probe_cat("/proc/self/cgroup");
}

/* A file of the own cgroup of v1, where the path of the host leads in PID 1's root. */
static int limit(int argc, char **argv)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[4096], path[4400] = "";

	(void)argc;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *name = strchr(line, ':');
		char *place = name == NULL ? NULL : strchr(name + 1, ':');

		if (place == NULL)
			continue;
		*place = '\0';
		place[1 + strcspn(place + 1, "\n")] = '\0';
		if (strcmp(name + 1, argv[0]) == 0)
			(void)snprintf(path, sizeof(path), "/proc/1/root/sys/fs/cgroup/%s%s/%s",
				       argv[0], place + 1, argv[1]);
	}
	if (file == NULL || fclose(file) != 0 || path[0] == '\0')
		return probe_fail("/proc/self/cgroup");
	return probe_cat(path);
}

static int sysctl(int argc, char **argv)
{
	char path[256];

	(void)argc;
	(void)snprintf(path, sizeof(path), "/proc/sys/%s", argv[0]);
	for (char *dot = path; (dot = strchr(dot, '.')) != NULL;)
		*dot = '/';
	return probe_cat(path);
}

static int namespaces(int argc, char **argv)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };
	char path[64], target[64];

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, target, sizeof(target));
		if (n < 0)
			return probe_fail(path);
		(void)printf("%s=%.*s\n", names[i], (int)n, target);
	}
	return 0;
}

const struct probe_command proc_commands[] = {
	{ "fds", "", "open descriptors", 0, 0, fds },
	{ "mounts", "", "/proc/self/mountinfo", 0, 0, mounts },
	{ "cgroup", "", "/proc/self/cgroup", 0, 0, cgroup },
	{ "limit", "CONTROLLER FILE", "file of the own cgroup (v1), by way of PID 1's root", 2, 2,
	  limit },
	{ "sysctl", "KEY", "value of a kernel setting", 1, 1, sysctl },
	{ "ns", "", "namespaces", 0, 0, namespaces },
	{ 0 },
};
