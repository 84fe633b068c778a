/* SPDX-License-Identifier: Apache-2.0 */
#include "common/process/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "tests/unit/test.h"

/* A manager's socket at a path, or at "@name". */
static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	check_int(bind(fd, (struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
		  0);
	return fd;
}

static void check_ready_arrives(const char *name)
{
	struct error err = { 0 };
	char got[256] = "";
	auto_close int fd = listen_at(name);

	check_true(notify_is_wanted(name));
	check_ok(notify_ready(name, 42, "running", &err), &err);
	check_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) > 0);
	check_text(got, "READY=1\nMAINPID=42\nSTATUS=running\n");
}

TEST(ready_arrives_at_an_abstract_socket)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "@rkt-test-notify-%d", (int)getpid());
	check_ready_arrives(name);
}

TEST(ready_arrives_at_a_path)
{
	char folder[] = "/tmp/rkt-test-XXXXXX", name[64];

	check_true(mkdtemp(folder) != NULL);
	(void)snprintf(name, sizeof(name), "%s/notify", folder);
	check_ready_arrives(name);
	check_int(unlink(name), 0);
	check_int(rmdir(folder), 0);
}

TEST(nothing_is_sent_when_nobody_asked)
{
	struct error err = { 0 };

	check_true(!notify_is_wanted(NULL));
	check_true(!notify_is_wanted(""));
	check_int(notify_send(NULL, "READY=1", &err), 0);
	check_int(notify_ready("", 1, NULL, &err), 0);
}

TEST(an_address_that_is_none_is_refused)
{
	struct error err = { 0 };
	char longer[200];

	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	check_int(notify_send("run/notify", "READY=1", &err), -EINVAL);
	check_contains(err.text, "NOTIFY_SOCKET \"run/notify\"");
	check_int(notify_send(longer, "READY=1", &err), -ENAMETOOLONG);
	check_int(notify_send("/nonexistent/notify", "READY=1", &err), -ENOENT);
	check_text(err.text, "notifying /nonexistent/notify: No such file or directory");
}

TEST(a_status_cannot_smuggle_a_line_in)
{
	struct error err = { 0 };

	check_int(notify_ready("/nonexistent/notify", 0, "x\nMAINPID=1", &err), -EINVAL);
	check_contains(err.text, "several lines");
}
