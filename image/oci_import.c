/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_import.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/parse.h"
#include "common/kernel/syscall.h"
#include "image/image_confine.h"
#include "image/layer_stream.h"
#include "image/oci_receive.h"
#include "image/oci_send.h"
#include "image/progress_bar.h"

struct meter {
	const struct oci_import *import;
	struct progress_bar bar;
};

static void begin_bar(uint64_t packed_bytes, void *context)
{
	struct meter *meter = context;

	progress_bar_begin(&meter->bar, meter->import->progress_fd, meter->import->title,
			   packed_bytes);
}

static void draw_bar(uint64_t packed_bytes, void *context)
{
	struct meter *meter = context;

	progress_bar_draw(&meter->bar, packed_bytes);
}

/* Closes all but the standard ones and those given, in ascending order of neither. */
static void close_others(const int *fds, size_t n)
{
	unsigned begin = STDERR_FILENO + 1;

	for (;;) {
		unsigned next = ~0U;

		for (size_t i = 0; i < n; i++)
			if (fds[i] >= (int)begin && (unsigned)fds[i] < next)
				next = (unsigned)fds[i];
		if (next > begin)
			(void)close_range(begin, next == ~0U ? next : next - 1, 0);
		if (next == ~0U)
			return;
		begin = next + 1;
	}
}

/* A child dies with its parent, and by Ctrl-C, which its parent may ignore. */
static int tie(pid_t parent, struct error *err)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_from_errno(err, "tying the import to its parent");
	return getppid() == parent ? 0 : error_set(err, ESRCH, "the import's parent has ended");
}

/* The reading child. */
static int read_image(const struct oci_import *import, int pipe_fd, pid_t parent)
{
	const int kept[] = { import->source_fd, import->target_fd, pipe_fd };
	const struct image_confine_limits limits = { .read_only = true, .threads = true };
	struct meter meter = { .import = import, .bar = { .fd = FD_NONE } };
	struct oci_sending sending = {
		.source_fd = import->source_fd,
		.pipe_fd = pipe_fd,
		.wanted = import->wanted,
		.begin = begin_bar,
		.progress = draw_bar,
		.progress_context = &meter,
	};
	auto_close int root = FD_NONE;
	struct error err = { 0 };
	struct stat found;
	bool is_directory, sent;
	int r;

	close_others(kept, ARRAY_LENGTH(kept));
	r = tie(parent, &err);
	is_directory = fstat(import->source_fd, &found) == 0 && S_ISDIR(found.st_mode);
	/* An archive needs no directory; the target is there, and empty. */
	r = r < 0 ? r
		  : image_confine(is_directory ? import->source_fd : import->target_fd, &limits,
				  &root, &err);
	if (r < 0) {
		result_ignored(layer_stream_write(pipe_fd, FRAME_ERROR, &err, sizeof(err)));
		return 1;
	}
	if (is_directory)
		sending.source_fd = root;
	sent = oci_send(&sending);
	progress_bar_end(&meter.bar);
	return sent ? 0 : 1;
}

struct writer {
	const struct oci_import *import;
	const struct oci_origin *origin;
	int pipe_fd, report_fd;
	pid_t parent;
};

/* The first of two records. */
static void tell_written(void *context)
{
	const struct writer *writer = context;
	const struct error ready = { 0 };

	/* Nobody to tell it to: then nobody waits for the second one either. */
	result_ignored(error_send(writer->report_fd, &ready));
}

/* The writing child. */
static int write_image(struct writer *writer)
{
	const struct oci_import *import = writer->import;
	const int kept[] = { import->target_fd, import->output_fd, writer->pipe_fd,
			     writer->report_fd };
	struct oci_receiving receiving = {
		.pipe_fd = writer->pipe_fd,
		.output_fd = import->output_fd,
		.compression =
		    import->output_fd >= 0 ? import->compression : IMAGE_COMPRESSION_NONE,
		.origin = writer->origin,
		.written = tell_written,
		.context = writer,
	};
	auto_close int root = FD_NONE;
	struct oci_result result;
	struct error outcome = { 0 };
	int r;

	close_others(kept, ARRAY_LENGTH(kept));
	r = tie(writer->parent, &outcome);
	r = r < 0 ? r : image_confine(import->target_fd, NULL, &root, &outcome);
	receiving.target_fd = root;
	r = r < 0 ? r : oci_receive(&receiving, &result, &outcome);
	if (r == 0)
		(void)snprintf(outcome.text, sizeof(outcome.text), "%s %llu %u %u", result.id.text,
			       (unsigned long long)result.content_bytes, result.n_devices,
			       result.n_dropped_xattrs);
	return error_send(writer->report_fd, &outcome) < 0 || outcome.code != 0;
}

static int parse_report(char *text, struct oci_result *ret)
{
	struct oci_result result = { 0 };
	const char *id = strsep(&text, " ");
	const char *content = strsep(&text, " ");
	const char *devices = strsep(&text, " ");

	if (text == NULL || strlen(id) != sizeof(result.id.text) - 1 ||
	    parse_u64(content, UINT64_MAX, &result.content_bytes) < 0 ||
	    parse_u32(devices, UINT32_MAX, &result.n_devices) < 0 ||
	    parse_u32(text, UINT32_MAX, &result.n_dropped_xattrs) < 0)
		return -EPROTO;
	memcpy(result.id.text, id, sizeof(result.id.text));
	*ret = result;
	return 0;
}

static int read_record(int read_end, struct error *ret, struct error *err)
{
	if (error_receive(read_end, ret) != 1)
		return error_set(err, EPIPE, "the process that writes the image was killed");
	return ret->code != 0 ? error_set(err, ret->code, "%s", ret->text) : 0;
}

static int read_report(const struct oci_import *import, int read_end, struct oci_result *ret,
		       struct error *err)
{
	struct error record = { 0 };
	int r = read_record(read_end, &record, err);

	if (r == 0 && import->written != NULL)
		r = import->written(import->context, err);
	r = r < 0 ? r : read_record(read_end, &record, err);
	if (r < 0)
		return r;
	if (parse_report(record.text, ret) < 0)
		return error_set(err, EPROTO,
				 "the process that writes the image reported nonsense");
	return 0;
}

static void reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
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

static int run_writer(struct writer *writer, struct oci_result *ret, struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	int r = make_pipe(&read_end, &write_end, err);
	pid_t pid;

	if (r < 0)
		return r;
	writer->report_fd = write_end;
	pid = fork();
	if (pid < 0)
		return error_from_errno(err, "starting the import");
	if (pid == 0)
		_exit(write_image(writer));
	cleanup_close(&write_end);
	cleanup_close(&writer->pipe_fd);
	r = read_report(writer->import, read_end, ret, err);
	cleanup_close(&read_end);
	reap(pid);
	return r;
}

/* The image's name comes first: perhaps it is known already. */
static int meet(struct writer *writer, struct oci_result *ret, struct error *err)
{
	const struct oci_import *import = writer->import;
	struct layer_stream stream = { .fd = writer->pipe_fd };
	auto_text struct text text = { 0 };
	struct oci_origin origin;
	struct digest key;
	int r = layer_stream_expect(&stream, FRAME_ORIGIN, &text, OCI_ORIGIN_MAX_BYTES, err);

	if (r < 0)
		return r;
	if (oci_origin_read(text_string(&text), text.length, &origin) < 0 ||
	    oci_origin_key(&origin, &key) < 0)
		return error_set(err, EPROTO, "the process that reads the image reported nonsense");
	if (import->is_known != NULL && import->is_known(import->context, digest_hex(&key))) {
		*ret = (struct oci_result){ .known = true };
		return 0;
	}
	writer->origin = &origin;
	r = run_writer(writer, ret, err);
	writer->origin = NULL;
	return r;
}

int oci_import(const struct oci_import *import, struct oci_result *ret, struct error *err)
{
	struct writer writer = { .import = import, .pipe_fd = FD_NONE, .parent = getpid() };
	auto_close int write_end = FD_NONE;
	int r = make_pipe(&writer.pipe_fd, &write_end, err);
	pid_t pid;

	if (r < 0)
		return r;
	/* As much as the system allows an ordinary user; less is slower, nothing else. */
	(void)fcntl(write_end, F_SETPIPE_SZ, LAYER_PIPE_BYTES);
	pid = fork();
	if (pid < 0) {
		r = error_from_errno(err, "starting the import");
		cleanup_close(&writer.pipe_fd);
		return r;
	}
	if (pid == 0)
		_exit(read_image(import, write_end, writer.parent));
	cleanup_close(&write_end);
	r = meet(&writer, ret, err);
	/* Closed before the child is waited for, which may be writing. */
	cleanup_close(&writer.pipe_fd);
	reap(pid);
	return r;
}
