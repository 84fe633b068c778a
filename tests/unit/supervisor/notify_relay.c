/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/notify_relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/text.h"
#include "tests/unit/pod/pod_place.h"

/* A pod of three apps in a directory of its own, and the service manager that listens. */
struct fixture {
	struct pod_place place;
	struct plan_app apps[3];
	struct plan plan;
	struct notify_relay relay;
	struct poll_set poll_set;
	struct error err;
	char host_name[80];
	int host;
};

static void set_up(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*f = (struct fixture){ .place = pod_place_new(),
			       .apps = { { .name = "loud", .notify = true },
					 { .name = "mute" },
					 { .name = "slow", .notify = true } } };
	f->plan = (struct plan){ .supervised = true, .apps = f->apps, .n_apps = 3 };
	check_int(chdir(f->place.path), 0);
	(void)snprintf(f->host_name, sizeof(f->host_name), "%s/host", f->place.path);
	memcpy(address.sun_path, f->host_name, strlen(f->host_name));
	f->host = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	check_int(bind(f->host, (const struct sockaddr *)&address, sizeof(address)), 0);
	f->relay.host_socket = f->host_name;
}

static void open_and_listen(struct fixture *f)
{
	check_ok(notify_relay_open(&f->relay, &f->plan, &f->err), &f->err);
	check_ok(notify_relay_listen(&f->relay, &f->poll_set, &f->err), &f->err);
}

static void tear_down(struct fixture *f)
{
	poll_set_release(&f->poll_set);
	notify_relay_release(&f->relay);
	cleanup_close(&f->host);
	pod_place_release(&f->place);
}

#define auto_fixture CLEANUP(tear_down)

/* An app sends a datagram, and the leader takes it. */
static void say_bytes(struct fixture *f, const char *app, const char *bytes, size_t n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "notify-%s", app);
	check_int(sendto(fd, bytes, n, 0, (const struct sockaddr *)&address, sizeof(address)),
		  (ssize_t)n);
	check_ok(poll_set_wait(&f->poll_set, 1000, &f->err), &f->err);
}

static void say(struct fixture *f, const char *app, const char *text)
{
	say_bytes(f, app, text, strlen(text));
}

/* The next datagram that reached the host; "": none. */
static const char *heard(const struct fixture *f)
{
	static char datagram[NOTIFY_RELAY_MAX + 1];
	ssize_t n = recv(f->host, datagram, sizeof(datagram) - 1, MSG_DONTWAIT);

	datagram[n > 0 ? n : 0] = '\0';
	return datagram;
}

TEST(when_nobody_listens_there_are_no_sockets)
{
	auto_fixture struct fixture f;
	int fd = FD_NONE;

	set_up(&f);
	f.relay.host_socket = NULL;
	open_and_listen(&f);
	check_uint(f.relay.n, 0);
	check_int(access("notify-loud", F_OK), -1);
	check_ok(notify_relay_open_file(&f.relay, &f.plan, 0, &fd, &f.err), &f.err);
	check_int(fd, FD_NONE);
	check_ok(notify_relay_started(&f.relay, &f.err), &f.err);
}

TEST(an_app_that_speaks_it_has_a_socket_that_any_user_may_write_to)
{
	auto_fixture struct fixture f;
	struct stat st;

	set_up(&f);
	open_and_listen(&f);
	check_int(stat("notify-loud", &st), 0);
	check_true(S_ISSOCK(st.st_mode));
	check_int((int)(st.st_mode & 0777), 0666);
	check_int(access("notify-mute", F_OK), -1);
}

TEST(only_apps_that_speak_it_have_a_file_to_be_shown)
{
	auto_fixture struct fixture f;
	auto_close int loud = FD_NONE;
	auto_close int mute = FD_NONE;
	struct stat st, of_file;

	set_up(&f);
	open_and_listen(&f);
	check_ok(notify_relay_open_file(&f.relay, &f.plan, 0, &loud, &f.err), &f.err);
	check_ok(notify_relay_open_file(&f.relay, &f.plan, 1, &mute, &f.err), &f.err);
	check_int(fstat(loud, &st), 0);
	check_int(stat("notify-loud", &of_file), 0);
	check_uint(st.st_ino, of_file.st_ino);
	check_int(mute, FD_NONE);
}

TEST(a_pod_that_is_its_app_shows_it_the_hosts_own_socket)
{
	auto_fixture struct fixture f;
	auto_close int fd = FD_NONE;
	struct stat st, of_file;

	set_up(&f);
	f.plan.supervised = false;
	open_and_listen(&f);
	check_int(access("notify-loud", F_OK), -1);
	check_ok(notify_relay_open_file(&f.relay, &f.plan, 0, &fd, &f.err), &f.err);
	check_int(fstat(fd, &st), 0);
	check_int(stat("host", &of_file), 0);
	check_uint(st.st_ino, of_file.st_ino);
}

TEST(an_abstract_socket_of_the_host_has_no_file)
{
	auto_fixture struct fixture f;
	int fd = FD_NONE;

	set_up(&f);
	f.plan.supervised = false;
	f.relay.host_socket = "@rkt-test";
	open_and_listen(&f);
	check_ok(notify_relay_open_file(&f.relay, &f.plan, 0, &fd, &f.err), &f.err);
	check_int(fd, FD_NONE);
}

TEST(the_host_is_told_once_all_that_speak_it_are_ready)
{
	auto_fixture struct fixture f;

	set_up(&f);
	open_and_listen(&f);
	check_ok(notify_relay_started(&f.relay, &f.err), &f.err);
	check_text(heard(&f), "");
	say(&f, "loud", "READY=1\n");
	check_text(heard(&f), "");
	say(&f, "slow", "READY=1");
	check_contains(heard(&f), "READY=1");
	say(&f, "slow", "READY=1");
	check_text(heard(&f), "");
}

TEST(apps_that_are_ready_wait_for_those_that_have_not_been_started)
{
	auto_fixture struct fixture f;

	set_up(&f);
	open_and_listen(&f);
	say(&f, "loud", "READY=1");
	say(&f, "slow", "READY=1");
	check_text(heard(&f), "");
	check_ok(notify_relay_started(&f.relay, &f.err), &f.err);
	check_contains(heard(&f), "READY=1");
}

TEST(a_pod_whose_apps_are_all_mute_is_ready_when_it_has_started)
{
	auto_fixture struct fixture f;

	set_up(&f);
	f.apps[0].notify = f.apps[2].notify = false;
	open_and_listen(&f);
	check_ok(notify_relay_started(&f.relay, &f.err), &f.err);
	check_contains(heard(&f), "READY=1");
}

TEST(what_an_app_may_say_is_passed_on_and_nothing_else)
{
	auto_fixture struct fixture f;

	set_up(&f);
	open_and_listen(&f);
	say(&f, "loud",
	    "MAINPID=1\nSTATUS=half way\nFDSTORE=1\nWATCHDOG=1\nWATCHDOG=trigger\nREADY=0\n"
	    "BARRIER=1\nRELOADING=1\nEXTEND_TIMEOUT_USEC=5\nXSTATUS=1");
	check_text(heard(&f), "STATUS=half way\nWATCHDOG=1\nRELOADING=1\nEXTEND_TIMEOUT_USEC=5\n");
	say(&f, "loud", "MAINPID=1\nNOTIFYACCESS=all");
	check_text(heard(&f), "");
}

TEST(a_datagram_ends_at_its_first_nul)
{
	auto_fixture struct fixture f;

	set_up(&f);
	open_and_listen(&f);
	say_bytes(&f, "loud", "STATUS=a\0STATUS=b", 17);
	check_text(heard(&f), "STATUS=a\n");
}

TEST(datagrams_beyond_the_limit_are_dropped)
{
	auto_fixture struct fixture f;
	char datagram[NOTIFY_RELAY_MAX + 1];

	set_up(&f);
	open_and_listen(&f);
	memset(datagram, '\n', sizeof(datagram));
	memcpy(datagram, "STATUS=x", strlen("STATUS=x"));
	say_bytes(&f, "loud", datagram, sizeof(datagram));
	check_text(heard(&f), "");
	say_bytes(&f, "loud", datagram, sizeof(datagram) - 1);
	check_text(heard(&f), "STATUS=x\n");
}

TEST(a_host_that_stopped_listening_does_not_end_the_pod)
{
	auto_fixture struct fixture f;

	set_up(&f);
	open_and_listen(&f);
	cleanup_close(&f.host);
	say(&f, "loud", "STATUS=anybody there?");
	check_int(f.err.code, 0);
}

TEST(a_socket_of_an_earlier_run_is_replaced)
{
	auto_fixture struct fixture f;

	set_up(&f);
	pod_place_write(&f.place, "notify-loud", "left over");
	open_and_listen(&f);
	say(&f, "loud", "STATUS=new");
	check_text(heard(&f), "STATUS=new\n");
}

TEST(an_app_whose_name_is_too_long_for_a_socket_is_refused)
{
	auto_fixture struct fixture f;
	char name[120];

	set_up(&f);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	f.apps[2].name = name;
	check_int(notify_relay_open(&f.relay, &f.plan, &f.err), -ENAMETOOLONG);
	check_contains(f.err.text, "notify socket");
}
