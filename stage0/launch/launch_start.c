/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/launch/launch_start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/base/parse.h"
#include "common/kernel/kernel_floor.h"
#include "common/kernel/path_in_root.h"
#include "stage0/launch/stage1_call.h"
#include "stage0/launch/user_mounts.h"
#include "stage0/pods/pod_again.h"
#include "stage0/pods/pod_disks.h"
#include "stage0/pods/pod_mounts.h"
#include "stage0/pods/user_range.h"
#include "stage0/request/dns_files.h"

/* Where the original's lock fd happens to be; some stage1 may count on it. */
enum { LOCK_FD = 7, FIRST_PASSED_FD = 3, MAX_PASSED_FDS = 1024 };

static int open_etc(const struct pod_dir *pod, int *ret_fd, struct error *err)
{
	static const struct path_owner owner = { .mode = 0755 };
	auto_close int root = FD_NONE, etc = FD_NONE;

	root = openat(pod->fd, "stage1/rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return error_from_errno(err, "opening the stage1's root");
	if (path_make_directory(root, "etc", &owner, &etc, err) < 0)
		return -err->code;
	*ret_fd = openat(etc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? error_from_errno(err, "opening the stage1's /etc") : 0;
}

static int write_dns_files(const struct launch *launch, const struct pod_dir *pod,
			   struct error *err)
{
	auto_text struct text resolv_conf = { 0 }, hosts = { 0 };
	auto_close int etc = FD_NONE;
	int r;

	if (!dns_has_files(launch->request))
		return 0;
	if (dns_write_resolv_conf(launch->request, &resolv_conf) < 0 ||
	    dns_write_hosts(launch->request, &hosts) < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = open_etc(pod, &etc, err);
	if (r == 0 && resolv_conf.length > 0)
		r = file_replace_at(etc, "rkt-resolv.conf", text_string(&resolv_conf), 0644, err);
	if (r == 0 && hosts.length > 0)
		r = file_replace_at(etc, "rkt-hosts", text_string(&hosts), 0644, err);
	return r;
}

int launch_describe_run(const struct launch *launch, struct stage1_run *ret, struct error *err)
{
	const struct global_options *global = launch->call->global;
	const struct request *request = launch->request;

	*ret = (struct stage1_run){
		.networks = &request->networks,
		.local_config = global->places.machine,
		.hostname = request->hostname,
		.ipc = request->ipc,
		.insecure = global->insecure,
		.debug = global->debug,
		.interactive = request->interactive,
	};
	return dns_conf_mode(request, &ret->dns_conf_mode, err);
}

static const char *get_variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* How many descriptors a service manager passed, from FIRST_PASSED_FD on (sd_listen_fds(3)). */
static int count_passed(const struct launch *launch)
{
	const char *passed = get_variable(launch->call->environment, "LISTEN_FDS");
	uint32_t n = 0;

	return passed != NULL && parse_u32(passed, MAX_PASSED_FDS, &n) == 0 ? (int)n : 0;
}

/*
 * The stage1 gets its standard streams, what a service manager passed, and the
 * lock: anything else that the caller left open would stay open as long as the pod.
 */
static int limit_descriptors(const struct launch *launch, int lock_fd, struct error *err)
{
	int n = count_passed(launch);

	if (close_range(FIRST_PASSED_FD, ~0U, (int)CLOSE_RANGE_CLOEXEC) < 0)
		return kernel_floor_error(err, "close_range", "closing what the caller left open");
	for (int fd = FIRST_PASSED_FD; fd < FIRST_PASSED_FD + n; fd++)
		(void)fcntl(fd, F_SETFD, 0);
	if (fcntl(lock_fd, F_SETFD, 0) < 0)
		return error_from_errno(err, "keeping the pod's lock");
	return 0;
}

/*
 * The lock's fd, beyond those that a service manager hands to the apps
 * (sd_listen_fds(3): 3 and on).
 */
static int duplicate_lock(const struct launch *launch, const struct pod_dir *pod, struct error *err)
{
	int after_passed = FIRST_PASSED_FD + count_passed(launch);
	int lowest = after_passed > LOCK_FD ? after_passed : LOCK_FD;
	int fd;

	fd = fcntl(pod->fd, F_DUPFD, lowest);
	return fd < 0 ? error_from_errno(err, "keeping the pod's lock") : fd;
}

static bool is_ours(const char *variable)
{
	static const char *const names[] = { "RKT_LOCK_FD=", "RKT_SELINUX_CONTEXT=",
					     "RKT_SELINUX_MOUNT_CONTEXT=" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* rkt's own environment, and what the interface adds. */
static int make_environment(const struct launch *launch, int lock_fd, struct option_list *ret)
{
	struct arena *arena = launch->call->arena;
	const char *lock = arena_printf(arena, "RKT_LOCK_FD=%d", lock_fd);
	int r = lock == NULL ? -ENOMEM : 0;

	for (char *const *variable = launch->call->environment; r == 0 && *variable != NULL;
	     variable++)
		if (!is_ours(*variable))
			r = option_list_add(arena, ret, *variable);
	if (r == 0)
		r = option_list_add(arena, ret, lock);
	if (r == 0)
		r = option_list_add(arena, ret, "RKT_SELINUX_CONTEXT=");
	if (r == 0)
		r = option_list_add(arena, ret, "RKT_SELINUX_MOUNT_CONTEXT=");
	return r;
}

static int describe_run(const struct launch *launch, const struct launch_start *start,
			struct stage1_run *ret, struct error *err)
{
	char path[POD_PATH_SIZE];
	const char *entrypoint;
	int r = stage1_entrypoint(start->stage1, STAGE1_RUN, &entrypoint, err);
	if (r == 0)
		r = launch_describe_run(launch, ret, err);
	if (r < 0)
		return r;
	pod_path(start->pod, path);
	ret->program = arena_printf(launch->call->arena, "%s/%s/stage1/rootfs%s", launch->data_path,
				    path, entrypoint);
	if (ret->program == NULL)
		return error_set(err, ENOMEM, "out of memory");
	ret->uuid = start->pod->uuid.text;
	if (!start->says_local_config)
		ret->local_config = NULL;
	return 0;
}

static void report(const struct launch *launch, const struct option_list *argv,
		   const struct option_list *warnings)
{
	auto_text struct text line = { 0 };

	for (size_t i = 0; i < warnings->n; i++)
		command_warn(launch->call, "%s", warnings->items[i]);
	for (size_t i = 0; i < argv->n; i++)
		(void)text_printf(&line, "%s%s", i > 0 ? " " : "", argv->items[i]);
	command_debug(launch->call, "Execing [%s]", text_string(&line));
}

/* What the stage1 was called with the last time, but for its place and the token. */
static int repeat_argv(const struct launch *launch, const struct launch_start *start,
		       const struct stage1_run *run, struct option_list *ret)
{
	struct arena *arena = launch->call->arena;
	int r = option_list_add(arena, ret, run->program);

	for (size_t i = 0; r == 0 && i < start->arguments->n; i++) {
		const char *argument = start->arguments->items[i];

		if (run->mds_token != NULL && strcmp(argument, POD_AGAIN_TOKEN) == 0)
			argument = arena_printf(arena, POD_AGAIN_TOKEN "%s", run->mds_token);
		r = argument == NULL ? -ENOMEM : option_list_add(arena, ret, argument);
	}
	return r;
}

static int make_argv(const struct launch *launch, const struct launch_start *start,
		     const struct stage1_run *run, struct option_list *ret, struct error *err)
{
	struct option_list warnings = { 0 };
	int r = start->arguments != NULL
		    ? repeat_argv(launch, start, run, ret)
		    : stage1_run_argv(launch->call->arena, start->stage1, run, ret, &warnings);

	if (r < 0)
		return error_set(err, -r, "calling the stage1: %s", strerror(-r));
	report(launch, ret, &warnings);
	return start->arguments != NULL ? 0 : pod_again_keep(start->pod, ret->items + 1, err);
}

static int execute(const struct launch *launch, const struct launch_start *start,
		   const struct user_map *users, struct error *err)
{
	struct option_list argv = { 0 }, environment = { 0 };
	struct stage1_run run;
	int lock_fd;
	int r = describe_run(launch, start, &run, err);

	if (r < 0)
		return r;
	run.has_private_users = users->count > 0;
	run.user_base = users->base;
	run.user_count = users->count;
	r = launch_register(launch, start->pod, &run.mds_token, err);
	if (r < 0)
		return r;
	lock_fd = duplicate_lock(launch, start->pod, err);
	if (lock_fd < 0)
		return lock_fd;
	r = make_argv(launch, start, &run, &argv, err);
	if (r == 0 && make_environment(launch, lock_fd, &environment) < 0)
		r = error_set(err, ENOMEM, "calling the stage1: out of memory");
	if (r == 0)
		r = limit_descriptors(launch, lock_fd, err);
	if (r < 0)
		return r;
	if (fchdir(start->pod->fd) < 0)
		return error_from_errno(err, "entering the pod's directory");
	(void)execve(argv.items[0], (char *const *)(uintptr_t)argv.items,
		     (char *const *)(uintptr_t)environment.items);
	r = error_from_errno(err, "starting %s", argv.items[0]);
	(void)close(lock_fd);
	return r;
}

/* A stage1 that asked for disks does without where they cannot be made at all, only slower. */
static int give_disks(const struct launch *launch, const struct launch_start *start,
		      struct error *err)
{
	int r;

	if (!pod_disks_are_wanted(start->stage1))
		return 0;
	r = pod_disks_put(start->pod, &launch->store, err);
	if (r != -ENOENT && r != -EXDEV)
		return r;
	command_warn(launch->call, "%s; the stage1 has to share the files of the images",
		     err->text);
	error_clear(err);
	return 0;
}

int launch_start(const struct launch *launch, const struct launch_start *start, struct error *err)
{
	struct user_map users = { 0 };
	int r = user_range_read(start->pod->fd, &users, err);

	if (r > 0)
		r = user_mounts_make(start->pod, &launch->store, &users, err);
	if (r == 0)
		r = pod_mounts_make(start->pod, &launch->store, err);
	if (r == 0)
		r = give_disks(launch, start, err);
	if (r == 0)
		r = write_dns_files(launch, start->pod, err);
	return r < 0 ? r : execute(launch, start, &users, err);
}
