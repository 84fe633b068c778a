/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/share/share.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/kernel/syscall.h"
#include "common/mount/mount_tree.h"
#include "common/mount/root_switch.h"

/* Where the share hangs in the server's mount namespace, until the server pivots into it. */
#define STAGE  "/tmp"
#define PLACE  "share"

/* In the working directory, which is the pod's and goes with it. */
#define SOCKET ".share-socket"

/* The server holds one descriptor for each file that the guest's cache knows: this many, if it may.
 */
enum { SERVER_FILES = 500000 };

/* In the server: its listening socket. */
enum { SERVER_LISTENER = 3, SERVER_FREE = 10 };

static const char *const programs[] = { "/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd" };

const char *share_program(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	return NULL;
}

/*
 * A listening socket and a connection to it.  virtiofsd can only accept one; nobody else can
 * connect before: the socket is root's, and its name is gone when this returns.
 */
static int make_connection(int *ret_listener, int *ret_socket, struct error *err)
{
	auto_close int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_close int connected = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int r = 0;

	if (listener < 0 || connected < 0)
		return error_from_errno(err, "making a socket");
	(void)unlink(SOCKET); /* of one who was killed here */
	if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 1) < 0 ||
	    connect(connected, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = error_from_errno(err, "connecting a socket");
	(void)unlink(SOCKET);
	if (r < 0)
		return r;
	*ret_listener = take_fd(&listener);
	*ret_socket = take_fd(&connected);
	return 0;
}

/* The file hangs in a directory of its own, which nobody can write to. */
static int attach_file(const struct share_request *request, int stage, struct error *err)
{
	static const struct mount_tree_attr read_only = { .read_only = true };
	auto_close int file = FD_NONE;

	file = openat(stage, request->file, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return error_from_errno(err, "making a place for %s", request->file);
	/* What is open for writing cannot become read-only. */
	cleanup_close(&file);
	if (mount_tree_attach(request->tree, stage, request->file, err) < 0)
		return -err->code;
	return mount_tree_restrict(stage, &read_only, MOUNT_TREE_TOP, err);
}

/* PLACE on a new file system; for a file another one, which holds it. */
static int attach(const struct share_request *request, struct error *err)
{
	static const struct mount_tree_tmpfs small = {
		.size_bytes = 1 << 16,
		.mode = 0755,
		.attr = { .no_suid = true, .no_dev = true, .no_exec = true },
	};
	auto_close int stage = FD_NONE, at = open(STAGE, O_PATH | O_DIRECTORY | O_CLOEXEC),
		       holder = FD_NONE;
	int r = at < 0 ? error_from_errno(err, "opening " STAGE) : 0;

	if (r == 0)
		r = mount_tree_tmpfs(&small, &stage, err);
	if (r == 0)
		r = mount_tree_attach(stage, at, "", err);
	if (r == 0 && mkdirat(stage, PLACE, 0755) < 0)
		r = error_from_errno(err, "making a place for the share");
	if (r < 0)
		return r;
	if (request->file == NULL)
		return mount_tree_attach(request->tree, stage, PLACE, err);
	r = mount_tree_tmpfs(&small, &holder, err);
	if (r == 0)
		r = mount_tree_attach(holder, stage, PLACE, err);
	return r < 0 ? r : attach_file(request, holder, err);
}

/* Only standard streams and the listener are left. */
static int arrange(int listener, int words, struct error *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	listener = fcntl(listener, F_DUPFD_CLOEXEC, SERVER_FREE);
	words = fcntl(words, F_DUPFD_CLOEXEC, SERVER_FREE);
	if (null < 0 || listener < 0 || words < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(words, STDERR_FILENO) < 0 ||
	    dup2(listener, SERVER_LISTENER) < 0)
		return error_from_errno(err, "arranging descriptors");
	return 0;
}

/* Raising the hard limit takes CAP_SYS_RESOURCE, which the root of a container may lack. */
static int limit_files(struct error *err)
{
	struct rlimit limit = { SERVER_FILES, SERVER_FILES };

	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return 0;
	if (errno != EPERM || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return error_from_errno(err, "limiting descriptors");
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? error_from_errno(err, "limiting descriptors")
						    : 0;
}

static int set_up(const struct share_request *request, int listener, int words, struct error *err)
{
	int r = request->join != NULL ? request->join(request->context, err) : 0;

	if (r == 0)
		r = root_switch_isolate(MOUNT_TREE_PRIVATE, err);
	if (r == 0)
		r = attach(request, err);
	if (r == 0 && chdir("/") < 0)
		r = error_from_errno(err, "leaving the working directory");
	if (r == 0)
		r = arrange(listener, words, err);
	if (r == 0)
		r = limit_files(err);
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = error_from_errno(err, "giving up new privileges");
	return r;
}

static const char source[] = "source=" STAGE "/" PLACE;

/* In the server's process, the first of its pid namespace. */
static void serve(const struct share_request *request, struct child_report *report, int listener,
		  int words)
{
	static const char *const arguments[] = { "virtiofsd",
						 "-f",
						 "--fd=3",
						 "-o",
						 source,
						 "-o",
						 "sandbox=namespace",
						 "-o",
						 "cache=auto",
						 "-o",
						 "timeout=0",
						 "-o",
						 "xattr",
						 "-o",
						 "modcaps=-mknod",
						 "-o",
						 "log_level=err",
						 "--rlimit-nofile=0",
						 NULL };
	static const char *const environment[] = { "LC_ALL=C", NULL };
	struct error mine = { 0 };

	child_report_enter(report);
	if (set_up(request, listener, words, &mine) == 0 &&
	    child_die_with_parent(report, &mine) == 0) {
		(void)child_report_send(report, &mine);
		(void)execve(share_program(), (char *const *)(uintptr_t)arguments,
			     (char *const *)(uintptr_t)environment);
		(void)error_from_errno(&mine, "executing virtiofsd");
	}
	(void)child_report_send(report, &mine);
	_exit(EXIT_FAILURE);
}

static int start_server(const struct share_request *request, int listener, int words,
			struct child *ret, struct error *err)
{
	const struct child_options options = {
		.namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC,
		.cgroup_fd = request->cgroup_fd,
	};
	auto_report struct child_report report = CHILD_REPORT_NONE;
	auto_child struct child server = CHILD_NONE;
	int r = child_report_open(&report, err);

	if (r == 0)
		r = child_start(&options, &server, err);
	if (r < 0)
		return r;
	if (r == 0)
		serve(request, &report, listener, words);
	r = child_wait_exec(&report, &server, err);
	if (r < 0)
		return r;
	*ret = child_take(&server);
	return 0;
}

/* A full pipe costs the server its words, never the host its memory. */
static int make_words(int ends[2], struct error *err)
{
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_from_errno(err, "making a pipe");
	return 0;
}

static int start(const struct share_request *request, struct share *ret, struct error *err)
{
	auto_close int listener = FD_NONE, connected = FD_NONE, heard = FD_NONE, said = FD_NONE;
	int ends[2];
	int r = make_words(ends, err);

	if (r < 0)
		return r;
	heard = ends[0];
	said = ends[1];
	r = make_connection(&listener, &connected, err);
	if (r == 0)
		r = start_server(request, listener, said, &ret->server, err);
	if (r < 0)
		return r;
	ret->socket = take_fd(&connected);
	ret->words = take_fd(&heard);
	return 0;
}

int share_start(const struct share_request *request, struct share *ret, struct error *err)
{
	struct share share = SHARE_NONE;
	int r;

	if (share_program() == NULL)
		return error_set(err, ENOENT,
				 "volume %s: files of the host need virtiofsd, which is not in "
				 "/usr/lib/qemu or /usr/libexec",
				 request->name);
	r = start(request, &share, err);
	if (r < 0)
		return error_prefix(err, "volume %s: starting virtiofsd", request->name);
	*ret = share;
	return 0;
}

int share_last_words(struct share *share, const char *name, struct error *err)
{
	char said[4096] = "", *line;
	ssize_t n = read(share->words, said, sizeof(said) - 1);

	said[n > 0 ? n : 0] = '\0';
	for (size_t i = strlen(said); i > 0 && said[i - 1] == '\n'; i--)
		said[i - 1] = '\0';
	line = strrchr(said, '\n');
	line = line == NULL ? said : line + 1;
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return error_set(err, EPIPE,
			 "volume %s: virtiofsd, which serves its files, has ended%s%.200s", name,
			 *line != '\0' ? ": " : "", line);
}

void share_stop(struct share *share)
{
	if (share->server.pid != 0)
		child_destroy(&share->server);
	cleanup_close(&share->socket);
	cleanup_close(&share->words);
}
