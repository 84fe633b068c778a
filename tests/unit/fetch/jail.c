/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/fetch_helper/jail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

static void enter(enum jail_kind kind)
{
	struct error err = { 0 };

	test_need_root();
	check_ok(jail_enter(kind, &err), &err);
}

static void *idle(void *context)
{
	return context;
}

static void check_no_power(void)
{
	check_true(getuid() >= JAIL_FIRST_UID && geteuid() == getuid());
	check_true(getgid() >= JAIL_FIRST_UID && getgroups(0, NULL) == 0);
	check_int(setuid(0), -1);
	check_int(open("/etc/shadow", O_RDONLY | O_CLOEXEC), -1);
	check_int(errno, EACCES);
	check_int(open("/var/tmp/rkt-jail", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
	check_int(errno, EROFS);
}

TEST(the_network_jail_has_no_power)
{
	enter(JAIL_NETWORK);
	check_no_power();
	check_int(open("/tmp/rkt-jail", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
	check_int(errno, EROFS);
}

TEST(the_network_jail_starts_nothing)
{
	char *const arguments[] = { (char *)"/bin/true", NULL };

	enter(JAIL_NETWORK);
	check_int(execv("/bin/true", arguments), -1);
	check_int(errno, EPERM);
	check_int(fork(), -1);
	check_int(errno, EPERM);
	check_int(unshare(CLONE_NEWUSER), -1);
	check_int(errno, EPERM);
	check_int(ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1);
	check_int(errno, EPERM);
}

TEST(the_network_jail_lets_the_resolver_work)
{
	pthread_t thread;
	auto_close int fd = FD_NONE;

	enter(JAIL_NETWORK);
	check_int(pthread_create(&thread, NULL, idle, NULL), 0);
	check_int(pthread_join(thread, NULL), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check_true(fd >= 0);
	check_true(access("/etc/resolv.conf", R_OK) == 0 || errno == ENOENT);
}

TEST(the_jail_of_gpg_has_a_place_of_its_own_and_no_network)
{
	const struct sockaddr_in loopback = { .sin_family = AF_INET,
					      .sin_port = 1,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	auto_close int fd = FD_NONE;
	auto_close int file = FD_NONE;

	enter(JAIL_OPENPGP);
	check_no_power();
	file = open(JAIL_HOME "/rkt-jail", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	check_true(file >= 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check_true(fd >= 0);
	check_int(connect(fd, (const struct sockaddr *)&loopback, sizeof(loopback)), -1);
	check_int(errno, ENETUNREACH);
}
