/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/pods/stage1_program.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/kernel/path_in_root.h"
#include "stage0/pods/pod_mounts.h"

static bool has_dots(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")) != NULL; at++)
		if (at[3] == '/' || at[3] == '\0')
			return true;
	return false;
}

unsigned stage1_interface_version(const struct image_manifest *stage1)
{
	const char *text = manifest_pairs_get(&stage1->annotations, STAGE1_VERSION);
	uint32_t version;

	return text != NULL && parse_u32(text, UINT16_MAX, &version) == 0 ? version : 1;
}

static int read_manifest(const struct pod_dir *pod, struct arena *arena, struct image_manifest *ret,
			 struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_at(pod->fd, "stage1/manifest", MANIFEST_MAX_BYTES, &text, err);

	return r < 0
		   ? r
		   : image_manifest_parse(arena,
					  &(const struct json_source){ .text = text_string(&text),
								       .length = text.length,
								       .place = "stage1/manifest" },
					  ret, err);
}

unsigned stage1_program_version(const struct pod_dir *pod, struct arena *arena)
{
	struct image_manifest manifest;
	struct error ignored = { 0 };

	return read_manifest(pod, arena, &manifest, &ignored) < 0
		   ? 1
		   : stage1_interface_version(&manifest);
}

int stage1_program_path(const struct pod_dir *pod, struct arena *arena, const char *annotation,
			const char **ret, struct error *err)
{
	struct image_manifest manifest;
	const char *path;
	int r = read_manifest(pod, arena, &manifest, err);

	if (r < 0)
		return r;
	path = manifest_pairs_get(&manifest.annotations, annotation);
	if (path == NULL)
		return error_set(err, ENOENT, "the stage1 of the pod has no %s entrypoint",
				 strrchr(annotation, '/') + 1);
	if (path[0] != '/' || has_dots(path))
		return error_set(err, EINVAL, "the stage1 of the pod has a bad path \"%s\" at %s",
				 path, annotation);
	*ret = path;
	return 0;
}

/* An overlay needs room on the disk for its work; where there is none, gc makes do without. */
static int mount_whole_stage1(const struct pod_dir *pod, const struct store *store,
			      struct error *err)
{
	struct error mine = { 0 };
	int r = pod_mounts_make(pod, store, err);

	if (r < 0 && pod_mounts_view(pod, store, &mine) == 0) {
		error_clear(err);
		return 0;
	}
	return r;
}

static int mount_stage1(const struct stage1_call *call, const struct pod_dir *pod, int data_dir,
			struct error *err)
{
	auto_store struct store store = STORE_NONE;
	int r = store_open(data_dir, &store, err);

	if (r < 0)
		return r;
	return call->view == STAGE1_WHOLE ? mount_whole_stage1(pod, &store, err)
					  : pod_mounts_view(pod, &store, err);
}

/* Everything is opened anew: descriptors of the old namespace cannot be mounted on. */
static int enter_pod(const struct stage1_call *call, struct error *err)
{
	auto_pods struct pods pods = PODS_NONE;
	auto_pod_dir struct pod_dir pod = POD_DIR_NONE;
	auto_close int data_dir = FD_NONE;
	int r = pod_mounts_enter(err);

	if (r < 0)
		return r;
	data_dir = open(call->data_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data_dir < 0)
		return error_from_errno(err, "opening the data directory %s", call->data_path);
	r = pods_open(data_dir, &pods, err);
	if (r == 0)
		r = pod_open(&pods, call->pod->home, call->pod->uuid.text, &pod, err);
	if (r == 0)
		r = mount_stage1(call, &pod, data_dir, err);
	if (r < 0)
		return r;
	if (fchdir(pod.fd) < 0)
		return error_from_errno(err, "entering the directory of the pod");
	return 0;
}

static int redirect(const struct stage1_call *call, struct error *err)
{
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    (call->quiet && dup2(null, STDOUT_FILENO) < 0) ||
	    (call->output > 0 && dup2(call->output, STDOUT_FILENO) < 0))
		return error_from_errno(err, "opening /dev/null");
	return 0;
}

/*
 * The program is looked up inside the stage1's root, so that a symlink in it does
 * not lead to a program of the host; what is executed is where that led.
 */
static int find_program(const char *program, char *ret, size_t size, struct error *err)
{
	auto_close int root = open("stage1/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	auto_close int fd = FD_NONE;
	char link[sizeof("/proc/self/fd/") + 12];
	ssize_t n;
	int r;

	if (root < 0)
		return error_from_errno(err, "opening the root of the stage1");
	r = path_open(root, program, O_PATH, &fd, err);
	if (r < 0)
		return r;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size - 1);
	if (n < 0)
		return error_from_errno(err, "finding %s of the stage1", program);
	ret[n] = '\0';
	return 0;
}

static int execute(const struct stage1_call *call, struct error *err)
{
	char path[PATH_MAX], name[PATH_MAX], place[POD_PATH_SIZE];
	int r = enter_pod(call, err);

	if (r == 0)
		r = redirect(call, err);
	if (r == 0)
		r = find_program(call->program, path, sizeof(path), err);
	if (r < 0)
		return r;
	pod_path(call->pod, place);
	(void)snprintf(name, sizeof(name), "%s/%s/stage1/rootfs%s", call->data_path, place,
		       call->program);
	((char **)(uintptr_t)call->arguments)[0] = name;
	(void)execve(path, call->arguments, call->environment);
	return error_from_errno(err, "executing %s of the stage1", call->program);
}

/* The pipe's end without a record says that the program runs. */
static int wait_for_start(int read_end, struct error *err)
{
	struct error record = { 0 };
	int r = error_receive(read_end, &record);

	if (r == 1)
		return error_set(err, record.code, "%s", record.text);
	return r < 0 ? error_set(err, -r, "hearing from the stage1: %s", strerror(-r)) : 0;
}

static int wait_for_end(pid_t pid, int *ret_status, struct error *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_from_errno(err, "waiting for the stage1");
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int stage1_program_run(const struct stage1_call *call, int *ret_status, struct error *err)
{
	auto_close int read_end = FD_NONE, write_end = FD_NONE;
	int ends[2], status, r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe");
	read_end = ends[0];
	write_end = ends[1];
	pid = fork();
	if (pid < 0)
		return error_from_errno(err, "starting the stage1");
	if (pid == 0) {
		struct error mine = { 0 };

		(void)execute(call, &mine);
		(void)error_send(write_end, &mine);
		_exit(254);
	}
	cleanup_close(&write_end);
	r = wait_for_start(read_end, err);
	if (r < 0) {
		struct error ignored = { 0 };

		(void)!wait_for_end(pid, &status, &ignored);
		return r;
	}
	return wait_for_end(pid, ret_status, err);
}
