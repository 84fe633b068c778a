/* SPDX-License-Identifier: Apache-2.0 */
#include "image/skopeo.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/json/json_writer.h"
#include "image/stall_watch.h"

#define PROGRAM          "skopeo"
#define NOT_FOUND        127
#define SAID_MAX_BYTES   ((size_t)64 << 10)
#define LOGIN_MAX_BYTES  ((size_t)16 << 10)
#define AUTH_FD          3
#define AUTH_PATH        "/proc/self/fd/3"
#define OUTPUT_MAX_BYTES ((size_t)4 << 20)
#define LOOK_MS          500 /* how often its progress is looked at */

const char *skopeo_name(const char *reference)
{
	const char *colon = strchr(reference, ':');
	const char *name = colon != NULL ? colon + 1 : reference;
	const char *bracket = name[0] == '[' ? strchr(name, ']') : NULL;

	if (bracket != NULL)
		name = bracket + 1;
	while (name[0] == '/' || name[0] == '@')
		name++;
	return name;
}

struct run {
	const struct skopeo_call *call;
	const char *const *arguments; /* NULL-terminated */
	bool shows_output;            /* its stdout is for the user's terminal */
	struct text output, said;     /* stdout and stderr */
	bool stalled;                 /* and was killed */
};

static void release_run(struct run *run)
{
	text_release(&run->output);
	text_release(&run->said);
}

static bool has_policy(void)
{
	const char *home = getenv("HOME");
	char own[4096];

	if (access("/etc/containers/policy.json", R_OK) == 0)
		return true;
	if (home == NULL || snprintf(own, sizeof(own), "%s/.config/containers/policy.json", home) >=
				(int)sizeof(own))
		return false;
	return access(own, R_OK) == 0;
}

/* The child.  Never returns. */
static void execute(const struct run *run, int output, int said, pid_t parent)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    fchdir(run->call->work_dir) < 0 || setenv("TMPDIR", ".", 1) < 0 ||
	    dup2(run->shows_output ? STDERR_FILENO : output, STDOUT_FILENO) < 0 ||
	    dup2(said, STDERR_FILENO) < 0)
		_exit(1);
	if (run->call->auth_fd >= 0 && dup2(run->call->auth_fd, AUTH_FD) < 0)
		_exit(1);
	(void)close_range(run->call->auth_fd >= 0 ? AUTH_FD + 1 : AUTH_FD, ~0U, 0);
	(void)execvp(PROGRAM, (char *const *)(uintptr_t)run->arguments);
	_exit(errno == ENOENT ? NOT_FOUND : 1);
}

/* Appends what there is to read; false at the end.  More than max is read and forgotten. */
static bool take_output(int *fd, size_t max, struct text *text)
{
	char buffer[4096];
	ssize_t n;

	do
		n = read(*fd, buffer, sizeof(buffer));
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		cleanup_close(fd);
		return false;
	}
	if (text->length + (size_t)n <= max)
		(void)text_append_bytes(text, buffer, (size_t)n);
	return true;
}

/* Until it has closed both, which its end does at the latest. */
static void read_both(struct run *run, int *output, int *said, struct stall_watch *watch)
{
	while (*output >= 0 || *said >= 0) {
		/* poll() passes over what is closed: a negative fd. */
		struct pollfd fds[2] = { { .fd = *output, .events = POLLIN },
					 { .fd = *said, .events = POLLIN } };

		if (poll(fds, 2, LOOK_MS) < 0 && errno != EINTR)
			return;
		if (stall_watch_has_ended(watch)) {
			run->stalled = true;
			(void)kill(watch->pid, SIGKILL);
			return;
		}
		if (fds[0].revents != 0)
			(void)take_output(output, OUTPUT_MAX_BYTES, &run->output);
		if (fds[1].revents != 0)
			(void)take_output(said, SAID_MAX_BYTES, &run->said);
	}
}

/* The text of its last message: time="…" level=fatal msg="text". */
static const char *last_words(struct text *said)
{
	char *line = said->data, *message, *end;

	if (line == NULL)
		return "it said nothing";
	end = line + strlen(line);
	while (end > line && (end[-1] == '\n' || end[-1] == ' '))
		*--end = '\0';
	message = strrchr(line, '\n');
	line = message != NULL ? message + 1 : line;
	message = strstr(line, "msg=\"");
	if (message == NULL)
		return line;
	message += strlen("msg=\"");
	if (end > message && end[-1] == '"')
		end[-1] = '\0';
	return message;
}

static int stall_ms(const struct skopeo_call *call)
{
	return call->stall_ms > 0 ? call->stall_ms : SKOPEO_STALL_MS;
}

static int wait_for(pid_t pid, struct run *run, struct error *err)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "waiting for %s", PROGRAM);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (run->stalled)
		return error_set(err, ETIMEDOUT, "%s: nothing came for %d s", PROGRAM,
				 stall_ms(run->call) / 1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return error_set(err, ENOENT,
				 "images of registries and storages need the program %s, which is "
				 "not installed",
				 PROGRAM);
	if (WIFSIGNALED(status))
		return error_set(err, EINTR, "%s was killed by signal %d", PROGRAM,
				 WTERMSIG(status));
	return error_set(err, EIO, "%s: %s", PROGRAM, last_words(&run->said));
}

static int make_pipe(int *ret_read, int *ret_write, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

static int run_skopeo(struct run *run, struct error *err)
{
	auto_close int output = FD_NONE, said = FD_NONE, output_end = FD_NONE, said_end = FD_NONE;
	const pid_t parent = getpid();
	struct stall_watch watch;
	int r = make_pipe(&output, &output_end, err);
	pid_t pid;

	r = r < 0 ? r : make_pipe(&said, &said_end, err);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return error_from_errno(err, "starting %s", PROGRAM);
	if (pid == 0)
		execute(run, output_end, said_end, parent);
	cleanup_close(&output_end);
	cleanup_close(&said_end);
	stall_watch_begin(&watch, pid, stall_ms(run->call));
	read_both(run, &output, &said, &watch);
	return wait_for(pid, run, err);
}

/* The three strings of a login; -EPROTO: that is none. */
static int read_login(int fd, struct text *text, const char *ret[static 3], struct error *err)
{
	int r = file_read_fd(fd, LOGIN_MAX_BYTES, text);
	const char *at = text_string(text), *end = at + text->length;

	for (size_t i = 0; r == 0 && i < 3; i++) {
		ret[i] = at;
		at += strlen(at) + 1;
		r = at > end ? -EPROTO : 0;
	}
	return r < 0 ? error_set(err, -r, "reading the credentials: %s", strerror(-r)) : 0;
}

/* {"auths": {"quay.io": {"auth": "dXNlcjpwYXNzd29yZA=="}}} */
static int write_login(const char *const login[static 3], struct text *out)
{
	struct json_writer writer = { .out = out };
	auto_text struct text pair = { 0 };
	auto_free char *packed = NULL;

	if (text_printf(&pair, "%s:%s", login[1], login[2]) < 0)
		return -ENOMEM;
	packed = malloc(pair.length / 3 * 4 + 8);
	if (packed == NULL)
		return -ENOMEM;
	(void)EVP_EncodeBlock((unsigned char *)packed, (const unsigned char *)pair.data,
			      (int)pair.length);
	json_begin_object(&writer, NULL);
	json_begin_object(&writer, "auths");
	json_begin_object(&writer, login[0]);
	json_put_string(&writer, "auth", packed);
	json_end_object(&writer);
	json_end_object(&writer);
	json_end_object(&writer);
	return json_writer_finish(&writer);
}

int skopeo_login(int login_fd, int *ret_auth, struct error *err)
{
	auto_close int fd = memfd_create("auth", MFD_CLOEXEC);
	auto_text struct text text = { 0 };
	auto_text struct text json = { 0 };
	const char *login[3] = { NULL };
	int r;

	if (fd < 0)
		return error_from_errno(err, "keeping the credentials");
	r = read_login(login_fd, &text, login, err);
	if (r < 0)
		return r;
	r = write_login(login, &json);
	r = r < 0 ? r : file_write_fd(fd, text_string(&json), json.length);
	if (r < 0)
		return error_set(err, -r, "keeping the credentials: %s", strerror(-r));
	*ret_auth = take_fd(&fd);
	return 0;
}

/* Options before the command; without a policy.json skopeo would refuse to work. */
static size_t begin_arguments(const char **arguments)
{
	size_t n = 0;

	arguments[n++] = PROGRAM;
	arguments[n++] = "--override-os=linux";
	if (!has_policy())
		arguments[n++] = "--insecure-policy";
	return n;
}

int skopeo_digest(const struct skopeo_call *call, struct digest *ret, struct error *err)
{
	const char *arguments[8] = { NULL };
	CLEANUP(release_run) struct run run = { .call = call, .arguments = arguments };
	size_t n = begin_arguments(arguments);
	int r;

	arguments[n++] = "inspect";
	if (call->auth_fd >= 0)
		arguments[n++] = "--authfile=" AUTH_PATH;
	arguments[n++] = "--raw";
	arguments[n++] = call->reference;
	r = run_skopeo(&run, err);
	if (r < 0)
		return r;
	r = text_status(&run.output);
	r = r < 0 ? r : digest_of(text_string(&run.output), run.output.length, ret);
	return r < 0 ? error_set(err, -r, "hashing the manifest: %s", strerror(-r)) : 0;
}

int skopeo_copy(const struct skopeo_call *call, struct error *err)
{
	const char *arguments[12] = { NULL };
	CLEANUP(release_run)
	struct run run = {
		.call = call,
		.arguments = arguments,
		.shows_output = !call->quiet && isatty(STDERR_FILENO) == 1,
	};
	size_t n = begin_arguments(arguments);

	arguments[n++] = "copy";
	if (call->auth_fd >= 0)
		arguments[n++] = "--src-authfile=" AUTH_PATH;
	if (!run.shows_output)
		arguments[n++] = "--quiet";
	/* A storage's layers are plain: packing them only to unpack them takes long. */
	arguments[n++] = "--dest-oci-accept-uncompressed-layers";
	arguments[n++] = call->reference;
	arguments[n++] = "oci:" SKOPEO_LAYOUT ":image";
	return run_skopeo(&run, err);
}
