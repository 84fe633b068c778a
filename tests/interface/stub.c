/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub - a stage1 that isolates nothing: each entrypoint writes down how it was called.
 *
 * The account goes to STUB_LOG/ENTRYPOINT (of several calls: ENTRYPOINT-2, …), in the
 * form of tests/data/rkt-stub, with cgroup and namespaces added.  run sleeps for
 * STUB_SLEEP seconds when that is set; every entrypoint ends with STUB_EXIT.
 * stop ends the pod's process by the signal that the original's stub used.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/parse.h"

static _Noreturn void die(const char *what)
{
	perror(what);
	_exit(99);
}

static uint32_t number(const char *text)
{
	uint32_t value = 0;

	if (text != NULL && parse_u32(text, INT32_MAX, &value) < 0)
		die(text);
	return value;
}

static FILE *open_log(const char *entrypoint)
{
	const char *folder = getenv("STUB_LOG");
	char path[PATH_MAX];
	FILE *log = NULL;

	if (folder == NULL)
		die("STUB_LOG is not set");
	(void)snprintf(path, sizeof(path), "%s/%s", folder, entrypoint);
	for (int n = 2; (log = fopen(path, "wxe")) == NULL && errno == EEXIST; n++)
		(void)snprintf(path, sizeof(path), "%s/%s-%d", folder, entrypoint, n);
	if (log == NULL)
		die(path);
	return log;
}

static void log_ids(FILE *log)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	(void)fprintf(log, "ids: uid=%u euid=%u gid=%u egid=%u pid=%d ppid=%d pgid=%d sid=%d\n",
		      getuid(), geteuid(), getgid(), getegid(), getpid(), getppid(), getpgid(0),
		      getsid(0));
	(void)fprintf(log, "umask: %04o\n", (unsigned)mask);
}

/* Whether this very open file holds a lock that others cannot have. */
static const char *lock_of(int fd)
{
	char path[64];
	int other;
	int held;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (other < 0)
		return "";
	held = flock(other, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	(void)close(other);
	return held ? " [exclusive flock held]" : "";
}

static void log_fd(FILE *log, int fd)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	(void)fprintf(log, "    %d -> %s flags=0%o%s\n", fd, target, (unsigned)fcntl(fd, F_GETFL),
		      fd > 2 ? lock_of(fd) : "");
}

static void log_fds(FILE *log)
{
	(void)fprintf(log, "fds:\n");
	for (int fd = 0; fd < 1024; fd++)
		if (fd != fileno(log) && fcntl(fd, F_GETFD) >= 0)
			log_fd(log, fd);
}

static void log_environment(FILE *log)
{
	(void)fprintf(log, "env:\n");
	for (char **variable = environ; *variable != NULL; variable++)
		(void)fprintf(log, "    %s\n", *variable);
}

static int is_wanted(const char *line)
{
	static const char *const names[] = { "Groups:", "SigBlk:", "SigIgn:",     "CapInh:",
					     "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return 1;
	return 0;
}

/* The lines of a file of /proc that have a word in them; NULL: the wanted lines of status. */
static void log_lines(FILE *log, const char *title, const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		die(path);
	(void)fprintf(log, "%s:\n", title);
	while (getline(&line, &size, file) > 0)
		if (word != NULL ? strstr(line, word) != NULL : is_wanted(line))
			(void)fprintf(log, "    %s", line);
	free(line);
	(void)fclose(file);
}

static void log_listing(FILE *log)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	struct stat st;

	if (folder == NULL)
		die(".");
	(void)fprintf(log, "cwd listing:\n");
	while ((entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(void)fprintf(log, "    %06o %u:%u %lld %s\n", st.st_mode, st.st_uid, st.st_gid,
			      (long long)st.st_size, entry->d_name);
	}
	(void)closedir(folder);
}

static void log_namespaces(FILE *log)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };
	char path[64], target[64];

	(void)fprintf(log, "namespaces:\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			die(path);
		(void)fprintf(log, "    %s=%.*s\n", names[i], (int)n, target);
	}
}

static void account(const char *entrypoint, int argc, char *argv[])
{
	FILE *log = open_log(entrypoint);
	char cwd[PATH_MAX];

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		die("the working directory");
	(void)fprintf(log, "entrypoint: %s\nargc: %d\n", entrypoint, argc);
	for (int i = 0; i < argc; i++)
		(void)fprintf(log, "argv[%d]: %s\n", i, argv[i]);
	(void)fprintf(log, "cwd: %s\n", cwd);
	log_ids(log);
	log_environment(log);
	log_fds(log);
	log_lines(log, "status", "/proc/self/status", NULL);
	log_lines(log, "mounts under cwd", "/proc/self/mountinfo", cwd);
	log_listing(log);
	log_lines(log, "cgroup", "/proc/self/cgroup", ":");
	log_namespaces(log);
	if (fclose(log) != 0)
		die("the account");
}

static void write_pid(void)
{
	FILE *file = fopen("pid", "we");

	if (file == NULL || fprintf(file, "%d", getpid()) < 0 || fclose(file) != 0)
		die("pid");
}

static void end_the_pod(int signal_number)
{
	FILE *file = fopen("pid", "re");
	char text[16] = "";

	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		die("pid");
	(void)fclose(file);
	if (kill((pid_t)number(text), signal_number) < 0)
		die("kill");
}

int main(int argc, char *argv[])
{
	const char *slash = strrchr(argv[0], '/');
	const char *entrypoint = slash != NULL ? slash + 1 : argv[0];

	account(entrypoint, argc, argv);
	if (strcmp(entrypoint, "run") == 0) {
		write_pid();
		(void)sleep(number(getenv("STUB_SLEEP")));
	} else if (strcmp(entrypoint, "stop") == 0) {
		end_the_pod(argc > 2 ? SIGKILL : SIGTERM);
	}
	return (int)number(getenv("STUB_EXIT"));
}
