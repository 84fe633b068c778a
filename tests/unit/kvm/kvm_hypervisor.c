/* SPDX-License-Identifier: Apache-2.0 */
/* What runs a machine: its monitor's words, its jail, whether KVM works, what its console keeps. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/process/child.h"
#include "common/process/deadline.h"
#include "stage1-kvm/hypervisor/accelerator.h"
#include "stage1-kvm/hypervisor/console.h"
#include "stage1-kvm/hypervisor/host_clock.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "stage1-kvm/hypervisor/jail.h"
#include "stage1-kvm/hypervisor/kvm_probe.h"
#include "stage1-kvm/hypervisor/monitor.h"
#include "stage1-kvm/hypervisor/preload.h"
#include "tests/unit/test.h"

static struct monitor_line parse(const char *text)
{
	struct monitor_line line = { 0 };
	struct error err = { 0 };

	check_ok(monitor_parse(text, strlen(text), &line, &err), &err);
	return line;
}

TEST(lines_of_a_monitor_are_told_apart)
{
	struct monitor_line line =
	    parse("{\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,\"minor\":2,\"major\":7}}}}");

	check_int(line.kind, MONITOR_GREETING);
	check_uint(line.major * 10 + line.minor, 72);
	line = parse("{\"event\":\"MIGRATION\",\"data\":{\"status\":\"completed\"}}");
	check_int(line.kind, MONITOR_EVENT);
	check_text(line.text, "MIGRATION");
	check_text(line.status, "completed");
	line = parse("{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"}}");
	check_int(line.kind, MONITOR_REFUSED);
	check_text(line.text, "no");
	check_int(parse("{\"return\":{}}").kind, MONITOR_RETURN);
}

TEST(nonsense_of_a_monitor_is_refused)
{
	static const char *const lines[] = {
		"",
		"{",
		"[]",
		"{\"QMP\":1}",
		"{\"event\":1}",
		"{\"QMP\":{\"version\":{\"qemu\":{}}}}",
		"{\"other\":true}",
		"7",
	};
	struct monitor_line line;

	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		struct error err = { 0 };

		check_true(monitor_parse(lines[i], strlen(lines[i]), &line, &err) < 0);
		check_true(err.code != 0);
	}
}

TEST(what_is_preloaded_cannot_be_changed)
{
	struct error err = { 0 };
	auto_close int fd = FD_NONE;
	char magic[4] = "";

	check_ok(preload_open(&fd, &err), &err);
	check_int(pread(fd, magic, 4, 0), 4);
	check_int(memcmp(magic, "\177ELF", 4), 0);
	check_int(pwrite(fd, "x", 1, 0), -1);
}

/* KiB of the heap that are there, of a program with what is preloaded. */
static long resident_heap_kib(int fd)
{
	char option[64], line[256];
	bool in_heap = false;
	long kib = 0;
	int out[2];
	pid_t pid;
	FILE *maps;

	(void)snprintf(option, sizeof(option), "LD_PRELOAD=/proc/self/fd/%d", fd);
	check_int(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	check_true(pid >= 0);
	if (pid == 0) {
		char *const words[] = { (char *)"cat", (char *)"/proc/self/smaps", NULL };
		char *const environment[] = { option, NULL };

		(void)fcntl(fd, F_SETFD, 0);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execve("/bin/cat", words, environment);
		_exit(127);
	}
	(void)close(out[1]);
	maps = fdopen(out[0], "r");
	check_true(maps != NULL);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (strstr(line, "[heap]") != NULL)
			in_heap = true;
		else if (in_heap && strncmp(line, "Rss:", 4) == 0) {
			kib = strtol(line + 4, NULL, 10);
			in_heap = false;
		}
	}
	(void)fclose(maps);
	check_int(waitpid(pid, NULL, 0), pid);
	return kib;
}

TEST(memory_that_will_be_needed_is_there)
{
	struct error err = { 0 };
	auto_close int fd = FD_NONE;
	long kib;

	check_ok(preload_open(&fd, &err), &err);
	kib = resident_heap_kib(fd);
	check_true(kib >= 10 << 10);
	check_true(kib < 16 << 10);
}

static void say(int fd, const char *words)
{
	check_int(send(fd, words, strlen(words), MSG_NOSIGNAL), (int)strlen(words));
}

#define GREETING "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,\"minor\":2,\"major\":7}}}}\r\n"
#define RETURN   "{\"return\":{}}\r\n"

/* A QEMU that says `words`, whatever it hears; *ret_heard: what that was. */
static int load(const char *words, char *heard, size_t size, struct error *err)
{
	int ends[2];
	ssize_t n;
	int r;

	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	say(ends[1], words);
	check_int(shutdown(ends[1], SHUT_WR), 0);
	r = hypervisor_qemu.load(ends[0], 37, deadline_after_ms(1000), err);
	n = recv(ends[1], heard, size - 1, MSG_DONTWAIT);
	check_true(n > 0);
	heard[n > 0 ? n : 0] = '\0';
	(void)close(ends[0]);
	(void)close(ends[1]);
	return r;
}

TEST(a_guest_is_loaded_by_one_message)
{
	struct error err = { 0 };
	char heard[512];

	check_ok(load(GREETING RETURN RETURN RETURN, heard, sizeof(heard), &err), &err);
	check_text(heard,
		   "{\"execute\":\"qmp_capabilities\"}\n"
		   "{\"execute\":\"migrate-set-capabilities\",\"arguments\":"
		   "{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true}]}}\n"
		   "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:37\"}}\n");
}

TEST(a_guest_that_is_not_loaded_is_told_of)
{
	struct error err = { 0 };
	char heard[512];

	check_int(load(GREETING RETURN "{\"error\":{\"desc\":\"unheard of\"}}\n", heard,
		       sizeof(heard), &err),
		  -EREMOTEIO);
	check_contains(err.text, "unheard of");
	error_clear(&err);
	check_int(load(GREETING RETURN RETURN, heard, sizeof(heard), &err), -EPIPE);
	error_clear(&err);
	check_int(load("{\"QMP\":{\"version\":{\"qemu\":{\"micro\":0,\"minor\":1,\"major\":7}}}}\n",
		       heard, sizeof(heard), &err),
		  -ENOTSUP);
}

TEST(the_last_words_of_a_console_end_an_error)
{
	struct console console = CONSOLE_NONE;
	struct error err = { 0 };
	int ends[2];

	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	console.fd = ends[0];
	(void)error_set(&err, EIO, "it ended");
	console_add_to_error(&console, &err);
	check_text(err.text, "it ended");
	for (int i = 0; i < 100; i++)
		say(ends[1], "noise and noise\n");
	say(ends[1], "panic: no \033[1mroot\r\n");
	console_add_to_error(&console, &err);
	check_int(err.code, EIO);
	check_contains(err.text, "it ended; its console: ");
	check_text(err.text + strlen(err.text) - 18, "panic: no ?[1mroot");
	check_true(console.n <= CONSOLE_KEPT);
	console_release(&console);
	(void)close(ends[1]);
}

/* What comes of it depends on the machine; that it comes in time, and what it says, does not. */
TEST(kvm_is_probed_in_time)
{
	int64_t before = deadline_now_ms();
	struct accelerator accelerator;
	struct error err = { 0 };
	int r = kvm_probe(1000, &err);

	check_true(deadline_now_ms() - before < 3000);
	check_true((r == 0) == (err.code == 0));
	check_true(r == 0 || err.text[0] != '\0');
	check_int(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left of it */
	accelerator_choose(&accelerator);
	check_true(accelerator.hardware == (accelerator.why_not.code == 0));
	check_true(!accelerator.hardware || r == 0);
}

TEST(a_probe_of_kvm_that_takes_too_long_is_ended)
{
	struct error err = { 0 };

	check_int(kvm_probe(0, &err), -ETIMEDOUT);
	check_text(err.text, "KVM hangs");
	check_int(waitpid(-1, NULL, WNOHANG), -1);
	check_int(errno, ECHILD);
}

TEST(what_only_looks_like_kvm_is_not_used)
{
	struct error err = { 0 };

	test_enter_mount_namespace();
	if (access("/dev/kvm", F_OK) < 0) {
		check_int(kvm_probe(1000, &err), -ENOENT);
		return;
	}
	check_int(mount("/dev/null", "/dev/kvm", NULL, MS_BIND, NULL), 0);
	check_int(kvm_probe(1000, &err), -ENOTSUP);
	check_contains(err.text, "KVM does not speak version");
}

static void look_around(int log, bool kvm)
{
	struct rlimit limit;

	if (pwrite(log, "x", 1, 4096) >= 0 || errno != EFBIG)
		_exit(15);

	if (access("/usr/bin/true", F_OK) < 0 || access("/usr/bin/false", F_OK) == 0 ||
	    access("/usr/lib", F_OK) < 0 || access("/etc", F_OK) == 0)
		_exit(10);
	if ((access("/dev/kvm", R_OK | W_OK) == 0) != kvm || access("/dev/null", F_OK) == 0)
		_exit(11);
	if (open("/usr/x", O_CREAT | O_WRONLY, 0600) >= 0 || errno != EROFS)
		_exit(12);
	if (unshare(CLONE_NEWUSER) == 0 || errno != EPERM)
		_exit(16);
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_max != 4096 ||
	    getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 0 ||
	    getrlimit(RLIMIT_NPROC, &limit) < 0 || limit.rlim_max != 7)
		_exit(13);
	_exit(getuid() == JAIL_FIRST_UID + 1 && geteuid() == getuid() ? 0 : 14);
}

static void check_jail(bool kvm)
{
	static const char *const places[] = { "usr/bin/true", "usr/lib", "usr/no-such-place",
					      NULL };
	const struct jail jail = {
		.leader = 1, .places = places, .kvm = kvm, .file_bytes = 4096, .threads = 7
	};
	const struct child_options options = { .namespaces = JAIL_NAMESPACES,
					       .cgroup_fd = FD_NONE };
	auto_child struct child child = CHILD_NONE;
	char path[] = "/tmp/rkt-jail-XXXXXX";
	auto_close int folder = FD_NONE;
	auto_close int log = FD_NONE;
	struct error err = { 0 };
	int status, r;

	test_make_directory(path);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_ok(file_make_directories(folder, "stage1/rootfs/proc", 0755, &err), &err);
	check_int(fchdir(folder), 0);
	log = open("log", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	check_true(log >= 0);
	r = child_start(&options, &child, &err);
	check_true(r >= 0);
	if (r == 0) {
		if (jail_enter(&jail, &err) < 0)
			_exit(1);
		look_around(log, kvm);
	}
	check_ok(child_wait(&child, &status, &err), &err);
	check_true(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 0);
}

TEST(a_jail_shows_what_it_is_told_to_and_no_more)
{
	test_need_root();
	check_jail(false);
}

TEST(a_jail_shows_kvm_where_it_is_used)
{
	test_need_root();
	check_jail(true);
}

TEST(the_count_of_cycles_is_measured)
{
	struct host_clock clock;
	uint32_t once, again;

	host_clock_start(&clock);
	if (clock.cycles == 0)
		return; /* this host's clock is made of something else */
	once = host_clock_khz(&clock, 20);
	check_true(once > 100000);
	again = host_clock_khz(&clock, 40);
	check_true(once < again + again / 1000 && again < once + once / 1000);
}

TEST(a_clock_of_something_else_is_not_measured)
{
	const struct host_clock none = { 0 };

	check_uint(host_clock_khz(&none, 20), 0);
}
