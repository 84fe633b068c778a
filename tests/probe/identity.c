/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/probe/probe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int id(int argc, char **argv)
{
	gid_t groups[1024];
	uid_t real, effective, saved;
	gid_t real_gid, effective_gid, saved_gid;
	int n;

	(void)argc;
	(void)argv;
	if (getresuid(&real, &effective, &saved) < 0 ||
	    getresgid(&real_gid, &effective_gid, &saved_gid) < 0)
		return probe_fail("ids");
	(void)printf("uid=%u,%u,%u gid=%u,%u,%u groups=", real, effective, saved, real_gid,
		     effective_gid, saved_gid);
	n = getgroups(1024, groups);
	for (int i = 0; i < n; i++)
		(void)printf("%s%u", i > 0 ? "," : "", groups[i]);
	(void)printf("\n");
	return n < 0 ? probe_fail("groups") : 0;
}

/* The security lines of /proc/self/status as NAME=VALUE. */
static int caps(int argc, char **argv)
{
	static const char *const names[] = { "CapInh:", "CapPrm:",     "CapEff:", "CapBnd:",
					     "CapAmb:", "NoNewPrivs:", "Seccomp:" };
	FILE *status = fopen("/proc/self/status", "re");
	char line[512], name[64], value[64];

	(void)argc;
	(void)argv;
	if (status == NULL)
		return probe_fail("/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0 &&
			    sscanf(line, "%63[^:]: %63s", name, value) == 2)
				(void)printf("%s=%s\n", name, value);
	return fclose(status) == 0 ? 0 : probe_fail("/proc/self/status");
}

static int env(int argc, char **argv)
{
	size_t length = argc > 0 ? strlen(argv[0]) : 0;

	for (char **variable = environ; *variable != NULL; variable++) {
		if (argc == 0)
			(void)printf("%s\n", *variable);
		else if (strncmp(*variable, argv[0], length) == 0 && (*variable)[length] == '=') {
			(void)printf("%s\n", *variable + length + 1);
			return 0;
		}
	}
	return argc > 0;
}

static int cwd(int argc, char **argv)
{
	char path[4096];

	(void)argc;
	(void)argv;
	if (getcwd(path, sizeof(path)) == NULL)
		return probe_fail("cwd");
	(void)printf("%s\n", path);
	return 0;
}

static int show_arguments(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		(void)printf("[%s]\n", argv[i]);
	return 0;
}

static int hostname(int argc, char **argv)
{
	char name[256];

	(void)argc;
	(void)argv;
	if (gethostname(name, sizeof(name)) < 0)
		return probe_fail("hostname");
	(void)printf("%s\n", name);
	return 0;
}

const struct probe_command identity_commands[] = {
	{ "id", "", "real,effective,saved uid and gid; groups", 0, 0, id },
	{ "caps", "", "capability sets, NoNewPrivs, Seccomp", 0, 0, caps },
	{ "env", "[NAME]", "the environment, or the value of one variable", 0, 1, env },
	{ "cwd", "", "working directory", 0, 0, cwd },
	{ "argv", "[ARG...]", "its arguments, each in brackets", 0, -1, show_arguments },
	{ "hostname", "", "host name", 0, 0, hostname },
	{ 0 },
};
