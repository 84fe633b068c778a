/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "common/entrypoint/planned_pod.h"
#include "common/process/exit_status.h"
#include "common/supervisor/app_join.h"
#include "common/supervisor/metadata_url.h"
#include "common/supervisor/pod_cgroups.h"
#include "common/supervisor/pod_isolate.h"
#include "stage1-kvm/guest/archive.h"
#include "stage1-kvm/guest/boot.h"
#include "stage1-kvm/guest/cgroups.h"
#include "stage1-kvm/machine/plan_wire.h"

#define PROGRAM               "stage1-kvm"
#define PLAN_MAX_BYTES        ((size_t)16 << 20)
#define RESOLV_CONF           "networks-resolv.conf"
#define RESOLV_CONF_MAX_BYTES ((size_t)1 << 20)

struct pod_process {
	struct pod_run run;
	int report_fd;
};

static void report(const struct pod_process *process, enum frame_kind kind, const void *payload,
		   size_t length)
{
	unsigned char record[PROCESS_RECORD_MAX];

	frame_put_u16(record, (uint16_t)kind);
	if (length > 0)
		memcpy(record + 2, payload, length);
	/* Blocks until the guest's init has read the one before; it always does. */
	(void)send(process->report_fd, record, 2 + length, MSG_NOSIGNAL);
}

/* As many variables as fit into a frame each. */
static void report_environment(const struct pod_process *process, size_t app)
{
	unsigned char payload[FRAME_MAX];
	size_t length = 4;

	frame_put_u32(payload, (uint32_t)app);
	for (const char *const *variable = process->run.resources[app].environment;
	     *variable != NULL; variable++) {
		size_t size = strlen(*variable) + 1;

		if (size > sizeof(payload) - 4)
			continue;
		if (size > sizeof(payload) - length) {
			report(process, FRAME_ENVIRONMENT, payload, length);
			length = 4;
		}
		memcpy(payload + length, *variable, size);
		length += size;
	}
	report(process, FRAME_ENVIRONMENT, payload, length);
}

static void on_started(void *context, pid_t init)
{
	const struct pod_process *process = context;
	unsigned char pid[4];

	for (size_t i = 0; i < process->run.plan->n_apps; i++)
		report_environment(process, i);
	frame_put_u32(pid, (uint32_t)init);
	report(process, FRAME_STARTED, pid, sizeof(pid));
}

static void on_ready(void *context)
{
	report(context, FRAME_READY, NULL, 0);
}

static void on_restarted(void *context, size_t app, uint32_t n)
{
	unsigned char payload[8];

	frame_put_u32(payload, (uint32_t)app);
	frame_put_u32(payload + 4, n);
	report(context, FRAME_RESTARTED, payload, sizeof(payload));
}

static void on_ended(void *context, size_t app, int status)
{
	unsigned char payload[8];

	frame_put_u32(payload, (uint32_t)app);
	frame_put_u32(payload + 4, (uint32_t)status);
	report(context, FRAME_ENDED, payload, sizeof(payload));
}

/* Kept by the guest's init, of which every session is a child. */
static struct text plan_text = { .cap = PLAN_MAX_BYTES };

int process_take_plan(const struct frame *frame, struct error *err)
{
	int r = text_append_bytes(&plan_text, (const char *)frame->payload, frame->length);

	return r < 0 ? error_set(err, -r, "taking the plan: %s", strerror(-r)) : 0;
}

/* What the host has planned, and has warned of, is what happens. */
static int load(struct arena *arena, struct plan *ret, struct error *err)
{
	int r = plan_wire_read(arena, text_string(&plan_text), plan_text.length, ret, err);

	return r < 0 ? r : cgroups_name(arena, ret, err);
}

static int open_pod(int *ret_fd, struct error *err)
{
	int fd;

	if (chdir(GUEST_POD) < 0)
		return error_from_errno(err, "entering " GUEST_POD);
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(err, "opening " GUEST_POD);
	*ret_fd = fd;
	return 0;
}

/* What the networks of the host say of DNS; NULL: nothing. */
static int read_resolv_conf(struct arena *arena, int pod_fd, const char **ret, struct error *err)
{
	auto_text struct text text = { 0 };
	int r = file_read_at(pod_fd, RESOLV_CONF, RESOLV_CONF_MAX_BYTES, &text, err);

	if (r == -ENOENT) {
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	*ret = arena_bytes(arena, text_string(&text), text.length);
	return *ret == NULL ? error_set(err, ENOMEM, "reading " RESOLV_CONF ": out of memory") : 0;
}

/* What the host sends beside the plan, if there are networks. */
static int read_networks(struct arena *arena, int pod_fd, const struct plan *plan,
			 struct pod_run *run, struct error *err)
{
	int r;

	if (plan->network != PLAN_NETWORK_PLUGINS)
		return 0;
	r = read_resolv_conf(arena, pod_fd, &run->resolv_conf, err);
	return r < 0 ? r : metadata_host_read(arena, pod_fd, &run->metadata_host, err);
}

/*
 * The machine has a network of its own, and nobody else is in it: one more would only be made,
 * which is a tenth of a start.  But users of the pod's own are root in a network of theirs alone.
 */
static bool has_machines_network(const struct plan *plan)
{
	return plan->network == PLAN_NETWORK_PLUGINS ||
	       (plan->network == PLAN_NETWORK_LOOPBACK && !plan->own_user);
}

static int run_pod(struct pod_process *process, struct arena *arena, struct error *err)
{
	const struct pod_observer observer = { .started = on_started,
					       .ready = on_ready,
					       .restarted = on_restarted,
					       .ended = on_ended,
					       .context = process };
	struct plan plan = { 0 };
	struct pod_run *run = &process->run;
	auto_close int pod_fd = FD_NONE;
	int r = open_pod(&pod_fd, err);

	if (r == 0)
		r = load(arena, &plan, err);
	if (r == 0)
		r = read_networks(arena, pod_fd, &plan, run, err);
	if (r < 0)
		return r;
	run->pod_fd = pod_fd;
	run->plan = &plan;
	run->cgroups = cgroups_host();
	run->observer = &observer;
	run->kept_outside = true;
	run->is_connected = has_machines_network(run->plan);
	/* Root of users of the pod's own may change only what is theirs. */
	run->is_alone = !run->plan->own_user;
	r = isolate_in_namespaces(run, err);
	pod_run_release(run);
	return r;
}

static int status_of(int result, const struct error *problem, const char *what)
{
	if (problem->code != 0)
		(void)dprintf(STDERR_FILENO, PROGRAM ": %s: %s\n", what, problem->text);
	return result < 0 ? EXIT_STATUS_NOT_STARTED : result;
}

int process_run_pod(int report_fd, bool notify)
{
	auto_arena struct arena arena = { 0 };
	struct error problem = { 0 };
	struct pod_process process = { .report_fd = report_fd,
				       .run = { .program = PROGRAM,
						.arena = &arena,
						.lock_fd = FD_NONE,
						.shares = GUEST_SHARES,
						.host_root = GUEST_HOST,
						.notify.host_socket =
						    notify ? NOTIFY_PLACE : NULL } };
	int r = run_pod(&process, &arena, &problem);

	return status_of(r, &problem, "run");
}

static const struct plan_app *find_app(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_apps; i++) {
		if (strcmp(plan->apps[i].name, name) == 0)
			return &plan->apps[i];
	}
	return NULL;
}

static int enter(struct arena *arena, const struct session_request *request, pid_t pod_pid,
		 struct error *err)
{
	auto_cgroup_pod struct cgroup_pod cgroup = CGROUP_POD_NONE;
	struct plan plan = { 0 };
	auto_close int pod_fd = FD_NONE;
	struct app_join join;
	int r = open_pod(&pod_fd, err);

	if (r == 0)
		r = load(arena, &plan, err);
	if (r == 0)
		r = cgroups_open(arena, &cgroup, err);
	if (r < 0)
		return r;
	join = (struct app_join){ .arena = arena,
				  .plan = &plan,
				  .app = find_app(&plan, request->app),
				  .cgroup = &cgroup,
				  .pid = pod_pid,
				  .argv = request->argv,
				  .terminal_type = request->terminal_type };
	r = metadata_host_read(arena, pod_fd, &join.metadata_host, err);
	if (r < 0)
		return r;
	if (join.app == NULL)
		return error_set(err, ENOENT, "the pod has no app called %s", request->app);
	return app_join_run(&join, err);
}

/* As much of a manifest as counting asks for. */
static int name_apps(struct arena *arena, const struct plan *plan, struct pod_manifest *ret,
		     struct error *err)
{
	struct pod_app *apps = arena_array(arena, plan->n_apps + 1, struct pod_app);

	if (apps == NULL)
		return error_set(err, ENOMEM, "counting: out of memory");
	for (size_t i = 0; i < plan->n_apps; i++)
		apps[i].name = plan->apps[i].name;
	*ret = (struct pod_manifest){ .apps = apps, .n_apps = plan->n_apps };
	return 0;
}

static int count(struct arena *arena, struct error *err)
{
	static const struct stage1 stage1 = { .program = PROGRAM, .count = cgroups_count };
	auto_close int pod_fd = FD_NONE;
	struct pod_manifest pod;
	struct plan plan = { 0 };
	int r = open_pod(&pod_fd, err);

	if (r == 0)
		r = load(arena, &plan, err);
	if (r == 0)
		r = name_apps(arena, &plan, &pod, err);
	if (r < 0)
		return r;
	return entrypoint_print_stats(&(const struct pod_counts_request){ .arena = arena,
									  .isolator = plan.isolator,
									  .uuid = plan.uuid,
									  .pod_fd = pod_fd,
									  .pod = &pod },
				      &stage1, err);
}

int process_enter(const struct session_request *request, pid_t pod_pid)
{
	auto_arena struct arena arena = { 0 };
	struct error problem = { 0 };
	bool counts = (request->flags & SESSION_COUNT) != 0;
	int r;

	if ((request->flags & SESSION_ARCHIVE) != 0) {
		r = archive_write_app(request->app, &problem);
		return status_of(r, &problem, "export");
	}
	r = counts ? count(&arena, &problem) : enter(&arena, request, pod_pid, &problem);

	return status_of(r, &problem, counts ? "stats" : "enter");
}
