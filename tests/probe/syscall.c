/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that tell a sandbox: each is made in a way that changes nothing
 * even where it is allowed, and its result is printed as "NAME=ok" or "NAME=EPERM".
 */
#include "tests/probe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static long try_mkdir(void)
{
	if (mkdir("/probe-directory", 0755) < 0)
		return -1;
	return rmdir("/probe-directory");
}

static long try_mount(void)
{
	return mount("none", "/", "no-such-type", 0, NULL); /* ENODEV where it is allowed */
}

static long try_unshare(void)
{
	return unshare(CLONE_NEWUTS);
}

static long try_unshare_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_reboot(void)
{
	return syscall(SYS_reboot, 0, 0, 0, NULL); /* no magic: EINVAL where it is allowed */
}

static long try_keyctl(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long try_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0UL); /* EINVAL where it is allowed */
}

static long try_chown(void)
{
	int fd = open("/probe-file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	long r = fd < 0 ? -1 : fchown(fd, 12, 34);
	int saved = errno;

	(void)close(fd);
	(void)unlink("/probe-file");
	errno = saved;
	return r;
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, -1, NULL, 0); /* EINVAL where it is allowed */
}

static long try_open_by_handle(void)
{
	return syscall(SYS_open_by_handle_at, -1, NULL, 0); /* EFAULT or EBADF */
}

static long try_sethostname(void)
{
	char name[256];

	(void)gethostname(name, sizeof(name));
	return sethostname(name, strlen(name));
}

static long try_chroot(void)
{
	return chroot("/");
}

static long try_setuid(void)
{
	return setresuid((uid_t)-1, 4242, (uid_t)-1);
}

static long try_nice(void)
{
	return setpriority(PRIO_PROCESS, 0, -1);
}

static long try_getpid(void)
{
	return syscall(SYS_getpid);
}

static long try_getcwd(void)
{
	char path[4096];

	return syscall(SYS_getcwd, path, sizeof(path));
}

static long try_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	return close(fd);
}

static long try_socket_inet(void)
{
	return try_socket(AF_INET, SOCK_DGRAM);
}

static long try_socket_raw(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1);

	return fd < 0 ? -1 : close(fd);
}

static long try_socket_packet(void)
{
	return try_socket(AF_PACKET, SOCK_RAW);
}

static long try_socket_netlink(void)
{
	return try_socket(AF_NETLINK, SOCK_RAW);
}

static long try_socket_vsock(void)
{
	return try_socket(AF_VSOCK, SOCK_STREAM);
}

static long try_socket_alg(void)
{
	return try_socket(AF_ALG, SOCK_SEQPACKET);
}

/* A device node made by oneself, and whether it can be used: the host's /dev/mem. */
static long try_mknod(void)
{
	if (mknod("/probe-node", S_IFCHR | 0600, makedev(1, 1)) < 0)
		return -1;
	return unlink("/probe-node");
}

static long try_mknod_open(void)
{
	int fd = mknod("/probe-node", S_IFCHR | 0600, makedev(1, 3)) < 0
		     ? -1
		     : open("/probe-node", O_RDWR | O_CLOEXEC);
	int saved = errno;

	(void)unlink("/probe-node");
	errno = saved;
	return fd < 0 ? -1 : close(fd);
}

static const struct {
	const char *name;
	long (*attempt)(void);
} attempts[] = {
	{ "bpf", try_bpf },
	{ "chown", try_chown },
	{ "chroot", try_chroot },
	{ "clone3", try_clone3 },
	{ "getcwd", try_getcwd },
	{ "getpid", try_getpid },
	{ "keyctl", try_keyctl },
	{ "mkdir", try_mkdir },
	{ "mknod", try_mknod },
	{ "mknod-open", try_mknod_open },
	{ "mount", try_mount },
	{ "nice", try_nice },
	{ "open-by-handle", try_open_by_handle },
	{ "ptrace", try_ptrace },
	{ "reboot", try_reboot },
	{ "sethostname", try_sethostname },
	{ "setuid", try_setuid },
	{ "socket-alg", try_socket_alg },
	{ "socket-inet", try_socket_inet },
	{ "socket-netlink", try_socket_netlink },
	{ "socket-packet", try_socket_packet },
	{ "socket-raw", try_socket_raw },
	{ "socket-vsock", try_socket_vsock },
	{ "unshare", try_unshare },
	{ "unshare-user", try_unshare_user },
};

/* In a child of its own, so that what is allowed leaves no trace here, and a kill can be told. */
static int attempt_one(size_t i)
{
	int status = 0;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		errno = 0;
		_exit(attempts[i].attempt() < 0 ? errno : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return probe_fail("forking");
	if (WIFSIGNALED(status))
		(void)printf("%s=SIG%s\n", attempts[i].name, sigabbrev_np(WTERMSIG(status)));
	else
		(void)printf("%s=%s\n", attempts[i].name,
			     WEXITSTATUS(status) == 0 ? "ok"
						      : strerrorname_np(WEXITSTATUS(status)));
	return 0;
}

static int syscalls(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		bool wanted = argc == 0;

		for (int j = 0; j < argc; j++)
			wanted = wanted || strcmp(argv[j], attempts[i].name) == 0;
		if (wanted && attempt_one(i) != 0)
			return 1;
	}
	return 0;
}

const struct probe_command syscall_commands[] = {
	{ "syscall", "[NAME...]", "try system calls, print NAME=ok or NAME=ERROR", 0, -1,
	  syscalls },
	{ 0 },
};
