/* SPDX-License-Identifier: Apache-2.0 */
/* The leader against guests that are not ours: a process here plays one, word by word. */
#include "stage1-kvm/leader.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/pod/pod_record.h"
#include "common/process/deadline.h"
#include "common/process/signals.h"
#include "stage1-kvm/waking.h"
#include "tests/unit/test.h"

struct fixture {
	struct plan_app apps[1];
	struct plan plan;
	struct pod_run run;
	struct child machine;
	struct vm_leader leader;
	struct error err;
	int guest; /* its end of the channel */
};

static int give_no_orders(void *context, struct channel *channel, struct error *err)
{
	(void)context;
	(void)channel;
	(void)err;
	return 0;
}

static void put(int guest, enum frame_kind kind, uint32_t stream, const void *payload,
		size_t length)
{
	unsigned char frame[FRAME_HEADER + FRAME_MAX];

	frame_write_header(frame,
			   &(struct frame){ .kind = kind, .stream = stream, .length = length });
	if (length > 0)
		memcpy(frame + FRAME_HEADER, payload, length);
	check_int(file_write_fd(guest, (const char *)frame, FRAME_HEADER + length), 0);
}

static void put_u32(int guest, enum frame_kind kind, uint32_t stream, uint32_t value)
{
	unsigned char payload[4];

	frame_put_u32(payload, value);
	put(guest, kind, stream, payload, sizeof(payload));
}

static void hello(int guest)
{
	put_u32(guest, FRAME_HELLO, 0, FRAME_VERSION);
	put(guest, FRAME_AWAKE, 3, NULL, 0);
}

static void started(int guest)
{
	hello(guest);
	put(guest, FRAME_STARTED, 3, NULL, 0);
}

/* The machine is a process that plays the guest and then sleeps. */
static void play(struct fixture *f, void (*guest)(int fd))
{
	const struct child_options options = { .cgroup_fd = FD_NONE };
	int r = child_start(&options, &f->machine, &f->err);

	check_ok(r, &f->err);
	if (r == 0) {
		(void)close(f->leader.channel_fd);
		guest(f->guest);
		for (;;)
			(void)pause();
	}
	(void)close(f->guest);
}

static void set_up(struct fixture *f)
{
	static char folder[] = "/tmp/kvm-leader-XXXXXX";
	int ends[2];

	*f = (struct fixture){ .apps = { { .name = "app" } }, .machine = CHILD_NONE };
	check_true(mkdtemp(folder) != NULL);
	check_int(chdir(folder), 0);
	f->plan = (struct plan){ .apps = f->apps, .n_apps = 1 };
	f->run = (struct pod_run){ .program = "test", .plan = &f->plan };
	f->run.pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_int(mkdir("stage1", 0700), 0);
	check_int(mkdir("stage1/rootfs", 0700), 0);
	check_ok(pod_record_open(f->run.pod_fd, &f->run.results_fd, &f->err), &f->err);
	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	f->guest = ends[1];
	f->leader = (struct vm_leader){ .run = &f->run,
					.machine = &f->machine,
					.channel_fd = ends[0],
					.signal_fd = FD_NONE,
					.give_orders = give_no_orders };
	check_ok(signals_to_fd(&f->leader.signal_fd, &f->err), &f->err);
}

static void tear_down(struct fixture *f)
{
	static const char *const files[] = { "enter", "pid", "stage1/rootfs/rkt/supervisor-status",
					     "stage1/rootfs/rkt/status/app",
					     "stage1/rootfs/rkt/env/app" };
	static const char *const folders[] = { "stage1/rootfs/rkt/status", "stage1/rootfs/rkt/env",
					       "stage1/rootfs/rkt", "stage1/rootfs", "stage1" };
	char path[64];

	child_destroy(&f->machine);
	for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
		(void)unlink(files[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
		(void)rmdir(folders[i]);
	check_true(getcwd(path, sizeof(path)) != NULL);
	check_int(rmdir(path), 0);
}

static int run(void (*guest)(int fd), struct fixture *f)
{
	int r;

	set_up(f);
	play(f, guest);
	r = vm_leader_run(&f->leader, &f->err);
	return r;
}

static void good_guest(int fd)
{
	started(fd);
	put(fd, FRAME_READY, 3, NULL, 0);
	put(fd, FRAME_ENDED, 3, "\0\0\0\0\7\0\0\0", 8);
	put(fd, FRAME_END, 1, NULL, 0);
	put(fd, FRAME_END, 2, NULL, 0);
	put_u32(fd, FRAME_EXIT, 3, 7);
}

TEST(a_guest_that_behaves_gives_its_status)
{
	struct fixture f;
	auto_text struct text text = { 0 };

	check_int(run(good_guest, &f), 7);
	check_ok(file_read_at(f.run.results_fd, "status/app", 10, &text, &f.err), &f.err);
	check_contains(text_string(&text), "7");
	tear_down(&f);
}

static void check_refused(void (*guest)(int fd), const char *why)
{
	struct fixture f;

	check_true(run(guest, &f) < 0);
	check_contains(f.err.text, why);
	check_true(strchr(f.err.text, '\n') == NULL);
	tear_down(&f);
}

static void dying_guest(int fd)
{
	(void)fd;
	_exit(0);
}

TEST(a_machine_that_ends_before_it_is_up_is_an_error)
{
	check_refused(dying_guest, "before it was up");
}

static void later_dying_guest(int fd)
{
	started(fd);
	_exit(0);
}

TEST(a_machine_that_resets_itself_is_an_error)
{
	check_refused(later_dying_guest, "the virtual machine ended by itself");
}

static void killed_guest(int fd)
{
	started(fd);
	(void)kill(getpid(), SIGKILL);
}

TEST(a_machine_that_is_killed_counts_as_its_apps_killed)
{
	struct fixture f;

	check_int(run(killed_guest, &f), 137);
	tear_down(&f);
}

static void guest_of_another_version(int fd)
{
	put_u32(fd, FRAME_HELLO, 0, FRAME_VERSION + 1);
}

TEST(another_version_is_refused)
{
	check_refused(guest_of_another_version, "speaks version");
}

static void impatient_guest(int fd)
{
	put(fd, FRAME_READY, 3, NULL, 0);
}

TEST(a_guest_that_does_not_greet_is_refused)
{
	check_refused(impatient_guest, "did not say HELLO");
}

static void sleepless_guest(int fd)
{
	hello(fd);
	put(fd, FRAME_AWAKE, 3, NULL, 0);
}

TEST(a_guest_that_awakes_twice_is_refused)
{
	check_refused(sleepless_guest, "AWAKE when nobody woke it");
}

static void sleeping_guest(int fd)
{
	put_u32(fd, FRAME_HELLO, 0, FRAME_VERSION);
	put(fd, FRAME_STARTED, 3, NULL, 0);
}

TEST(a_guest_that_starts_in_its_sleep_is_refused)
{
	check_refused(sleeping_guest, "AWAKE first");
}

static void babbling_guest(int fd)
{
	static const char noise[] = "GET / HTTP/1.1\r\nHost: guest\r\n\r\n";

	check_int(file_write_fd(fd, noise, sizeof(noise)), 0);
}

TEST(garbage_is_refused)
{
	check_refused(babbling_guest, "the channel: ");
}

static void twice_started_guest(int fd)
{
	started(fd);
	put(fd, FRAME_STARTED, 3, NULL, 0);
}

TEST(a_guest_that_starts_twice_is_refused)
{
	check_refused(twice_started_guest, "twice");
}

/* stdout here is what the test writes to, and is never full: END and then more is too much. */
static void talkative_guest(int fd)
{
	started(fd);
	put(fd, FRAME_END, 1, NULL, 0);
	put(fd, FRAME_DATA, 1, "x", 1);
}

TEST(output_after_its_end_is_refused)
{
	check_refused(talkative_guest, "more than it may");
}

static void ordering_guest(int fd)
{
	started(fd);
	put(fd, FRAME_SIGNAL, 3, "\11\0\0\0", 4);
}

TEST(a_guest_cannot_order_its_host)
{
	check_refused(ordering_guest, "the guest sent a frame of kind");
}

static void giving_up_guest(int fd)
{
	static const char why[] = "mounting \033[31mnothing";

	hello(fd);
	put(fd, FRAME_FAILED, 3, why, sizeof(why) - 1);
}

TEST(what_a_guest_could_not_do_is_told_without_control_characters)
{
	struct fixture f;

	check_true(run(giving_up_guest, &f) < 0);
	check_contains(f.err.text, "in the virtual machine: mounting ?[31mnothing");
	tear_down(&f);
}

static void silent_guest(int fd)
{
	(void)fd;
}

TEST(a_guest_that_is_silent_is_given_up)
{
	struct fixture f;

	set_up(&f);
	f.leader.boot_ms = 50;
	play(&f, silent_guest);
	check_int(vm_leader_run(&f.leader, &f.err), -ETIMEDOUT);
	check_contains(f.err.text, "it did not come up in time");
	tear_down(&f);
}

/* Tells the test's own leader to stop, as rkt stop does, and does not answer. */
static void stunned_guest(int fd)
{
	started(fd);
	(void)kill(getppid(), SIGTERM);
}

TEST(a_guest_that_hangs_is_killed_when_it_is_to_stop)
{
	struct fixture f;

	set_up(&f);
	f.leader.answer_ms = 100;
	play(&f, stunned_guest);
	check_int(vm_leader_run(&f.leader, &f.err), -ETIMEDOUT);
	check_contains(f.err.text, "it did not answer, and is killed");
	tear_down(&f);
}

static void slow_guest(int fd)
{
	static const struct timespec while_it_stops = { .tv_nsec = 300000000 };

	started(fd);
	(void)kill(getppid(), SIGTERM);
	(void)nanosleep(&while_it_stops, NULL);
	put(fd, FRAME_PONG, 3, NULL, 0);
	(void)nanosleep(&while_it_stops, NULL);
	put(fd, FRAME_END, 1, NULL, 0);
	put(fd, FRAME_END, 2, NULL, 0);
	put_u32(fd, FRAME_EXIT, 3, 9);
}

TEST(a_guest_that_lives_may_take_its_time_to_stop)
{
	struct fixture f;

	set_up(&f);
	f.leader.answer_ms = 500;
	play(&f, slow_guest);
	check_int(vm_leader_run(&f.leader, &f.err), 9);
	tear_down(&f);
}

static void unasked_guest(int fd)
{
	started(fd);
	put(fd, FRAME_PONG, 3, NULL, 0);
}

TEST(an_answer_that_nobody_asked_for_is_refused)
{
	check_refused(unasked_guest, "nobody asked");
}

static void check_not_woken(const char *word, size_t length, int code)
{
	struct error err = { 0 };
	int ends[2];

	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	check_int(write(ends[1], word, length), (int)length);
	if (code == -EPIPE)
		check_int(shutdown(ends[1], SHUT_WR), 0);
	check_int(waking_wake(ends[0], getpid(), 50, &err), code);
	check_int(err.code, -code);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

TEST(a_restored_guest_has_to_answer_before_it_gets_orders)
{
	static const char awake[] = "\0\0\0\0\23\0\0\0\3\0\0";

	check_not_woken(awake, sizeof(awake), 0);
	check_not_woken(awake, 0, -ETIMEDOUT);
	check_not_woken(awake, 7, -ETIMEDOUT);
	check_not_woken(awake, 7, -EPIPE);
	check_not_woken("\0\0\0\0\2", 5, -EPROTO); /* READY */
}

/* Two that compete for one processor: half of the time they wait. */
TEST(a_guest_that_gets_no_processor_has_more_time)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	const struct child_options options = { .cgroup_fd = FD_NONE };
	struct child children[4] = { CHILD_NONE, CHILD_NONE, CHILD_NONE, CHILD_NONE };
	struct error err = { 0 };
	int64_t begin = deadline_now_ms();
	cpu_set_t one;
	int ends[2];

	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	check_int(sched_getaffinity(0, sizeof(one), &one), 0);
	for (size_t cpu = 0, n = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &one) && n++ > 0)
			CPU_CLR(cpu, &one);
	for (size_t i = 0; i < ARRAY_LENGTH(children); i++) {
		int r = child_start(&options, &children[i], &err);

		check_ok(r, &err);
		while (r == 0)
			(void)sched_setaffinity(0, sizeof(one), &one);
	}
	(void)nanosleep(&pause, NULL);
	check_int(waking_wake(ends[0], children[0].pid, 200, &err), -ETIMEDOUT);
	check_true(deadline_now_ms() - begin > 350);
	for (size_t i = 0; i < ARRAY_LENGTH(children); i++)
		child_destroy(&children[i]);
}

static void lying_guest(int fd)
{
	started(fd);
	put_u32(fd, FRAME_EXIT, 3, 256);
}

TEST(a_status_that_cannot_be_is_refused)
{
	check_refused(lying_guest, "exit status 256");
}
