/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/pod_init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/mount/root_switch.h"
#include "common/namespace/hostname.h"
#include "common/namespace/sysctl.h"
#include "common/namespace/user_map.h"
#include "common/network/loopback.h"
#include "common/privilege/capability.h"
#include "common/process/exit_status.h"
#include "common/process/signals.h"
#include "common/supervisor/app_root.h"
#include "common/supervisor/control.h"
#include "common/supervisor/metadata_url.h"
#include "common/supervisor/pod_cgroups.h"
#include "common/supervisor/pod_network.h"
#include "common/supervisor/pod_store.h"
#include "common/supervisor/pod_views.h"
#include "common/supervisor/supervisor.h"

/* Places in PID 1's root when that is stage1/rootfs. */
#define APP_ROOTS "/opt/stage2"
#define ETC_STORE "/store"
#define SHM       "/store/shm"

struct init {
	struct pod_run *run;
	int control;
	int null_fd;
	struct app_surroundings surroundings;
	struct supervisor supervisor;
};

static void report(const struct init *init, const struct error *problem)
{
	struct control_message message = { .kind = CONTROL_FAILED, .error = *problem };

	(void)control_send(init->control, &message);
}

static void on_ready(void *context)
{
	const struct init *init = context;

	(void)control_send(init->control, &(struct control_message){ .kind = CONTROL_READY });
}

static void on_app_ended(void *context, size_t app, int status)
{
	const struct init *init = context;
	struct control_message message = { .kind = CONTROL_ENDED,
					   .app = (uint32_t)app,
					   .value = status };

	(void)control_send(init->control, &message);
}

static void on_restart(void *context, size_t app, uint32_t n)
{
	const struct init *init = context;
	struct control_message message = { .kind = CONTROL_RESTARTED,
					   .app = (uint32_t)app,
					   .value = (int32_t)n };

	(void)control_send(init->control, &message);
}

static void on_complaint(void *context, const struct error *problem)
{
	report(context, problem);
}

/* The leader's orders come over its socket; this is for who signals PID 1 as he would any init. */
static void on_signal(void *context, int signal_number)
{
	struct init *init = context;

	if (signal_number == SIGTERM || signal_number == SIGINT)
		supervisor_stop(&init->supervisor);
}

static int on_control(short events, void *context, struct error *err)
{
	struct init *init = context;
	struct control_message message;
	int r = control_receive(init->control, &message);

	(void)events;
	(void)err;
	if (r <= 0) { /* the leader is gone, and the pod goes with it */
		poll_set_remove(&init->supervisor.poll_set, init->control);
		supervisor_kill(&init->supervisor);
	} else if (message.kind == CONTROL_STOP) {
		supervisor_stop(&init->supervisor);
	} else if (message.kind == CONTROL_KILL) {
		supervisor_kill(&init->supervisor);
	} else if (message.kind == CONTROL_SIGNAL) {
		supervisor_signal(&init->supervisor, message.value);
	}
	return 0;
}

/* For what only the leader can do, when PID 1 exists. */
static bool must_wait(const struct pod_run *run)
{
	return run->plan->own_user || run->network != NULL;
}

/* What is known once the networks are joined: what they say of DNS, for apps that have nothing
 * better, and where the host is. */
static int take_networks(struct pod_run *run, struct error *err)
{
	const char *resolv_conf = run->resolv_conf;
	const char *host = run->metadata_host;
	int r = run->network == NULL ? 0 : pod_network_read_dns(run->network, &resolv_conf, err);

	if (r == 0 && run->network != NULL)
		r = pod_network_read_host(run->network, &host, err);
	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++) {
		app_resources_take_dns(&run->resources[i], resolv_conf);
		r = metadata_url_take(run->arena, run->plan, host, &run->resources[i], err);
	}
	return r;
}

int init_release(const struct pod_run *run, int control, struct error *err)
{
	struct control_message go = { .kind = CONTROL_START };
	int r = must_wait(run) ? control_send(control, &go) : 0;

	return r < 0 ? error_set(err, -r, "starting PID 1: %s", strerror(-r)) : 0;
}

/* Dies with the leader, and shows nothing of itself to the apps it shares a pid namespace with. */
static int become_init(struct init *init, struct error *err)
{
	struct control_message go;

	if (must_wait(init->run) &&
	    (control_receive(init->control, &go) != 1 || go.kind != CONTROL_START))
		return error_set(err, EPIPE, "waiting for the user map and networks: no answer");
	if (init->run->plan->own_user && user_map_become_root(err) < 0)
		return -err->code;
	if (take_networks(init->run, err) < 0)
		return -err->code;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_from_errno(err, "tying PID 1 to its leader");
	return 0;
}

/* Born in the pod's cgroup, where it can be. */
static int enter_cgroup(const struct init *init, struct error *err)
{
	const struct cgroup_pod *cgroup = &init->run->cgroup;

	return cgroup_pod_clone_fd(cgroup) < 0 ? cgroup_pod_join(cgroup, err) : 0;
}

static int name_the_pod(const struct pod_run *run, struct error *err)
{
	const struct plan *plan = run->plan;
	int r = 0;

	if (plan->own_uts && plan->hostname != NULL)
		r = hostname_set(plan->hostname, err);
	if (r == 0 && plan->network != PLAN_NETWORK_HOST && !run->is_connected)
		r = loopback_bring_up(err);
	for (size_t i = 0; r == 0 && i < plan->n_sysctls; i++)
		r = sysctl_write(plan->sysctls[i].key, plan->sysctls[i].value, err);
	return r;
}

/*
 * An overlay is the top of a mount already; a copy of the stage1 is made one.  It lies
 * in the file system of the old root (EBUSY) or in another (EINVAL).
 */
static int enter_stage1_root(struct error *err)
{
	static const struct mount_tree_attr none = { 0 }, no_dev = { .no_dev = true };
	auto_close int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int prepared = FD_NONE;
	int r;

	if (root < 0)
		return error_from_errno(err, "opening the stage1's root");
	r = root_switch_enter(root, err);
	if (r != -EINVAL && r != -EBUSY)
		return r;
	error_clear(err);
	r = root_switch_prepare(root, &none, &prepared, err);
	/* The top alone: the host's /dev, from which apps get their nodes, hangs below. */
	if (r == 0)
		r = mount_tree_restrict(prepared, &no_dev, MOUNT_TREE_TOP, err);
	return r < 0 ? r : root_switch_enter(prepared, err);
}

/* What later steps need of the host, kept in PID 1's root alone. */
static int keep_host_directory(const char *path, enum mount_tree_scope scope, struct error *err)
{
	auto_close int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int host = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	int r;

	if (root < 0 || host < 0)
		return error_from_errno(err, "opening %s", path);
	r = mount_tree_clone(host, scope, &tree, err);
	return r < 0 ? r : mount_tree_attach(tree, root, path + 1, err);
}

/*
 * A user namespace may mount /proc and /sys only where it sees both whole already:
 * an app makes its own beside these, which it never sees.
 */
static int keep_kernel_views(struct error *err)
{
	static const struct mount_tree_file_system proc = {
		.type = "proc", .attr = { .no_suid = true, .no_dev = true, .no_exec = true }
	};
	auto_close int place = open("proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int tree = FD_NONE;
	int r;

	if (place < 0)
		return error_from_errno(err, "opening /proc of the stage1");
	r = mount_tree_new(&proc, &tree, err);
	if (r == 0)
		r = mount_tree_attach(tree, place, "", err);
	return r < 0 ? r : keep_host_directory("/sys", MOUNT_TREE_ALL, err);
}

static int furnish_root(const struct init *init, struct error *err)
{
	const struct plan *plan = init->run->plan;
	int r = pod_store_mount(init->run, ".", err);

	if (r == 0 && plan->n_apps > 1)
		r = pod_store_mount_shm(".", err);
	/* What is mounted below is locked to it in a user namespace: all of it or nothing. */
	if (r == 0)
		r = keep_host_directory("/dev", plan->own_user ? MOUNT_TREE_ALL : MOUNT_TREE_TOP,
					err);
	if (r == 0)
		r = plan->own_user ? keep_kernel_views(err)
				   : pod_show_cgroups(plan, init->surroundings.cgroup_view, err);
	return r;
}

/*
 * What only root of the host may, PID 1 does before it becomes root of users of
 * its own: join a cgroup, and pass through the pod's directory.  The leader's
 * descriptors of that directory stay outside: they lead into the host's files.
 */
static int enter_pod(struct init *init, struct error *err)
{
	if (chdir("stage1/rootfs") < 0)
		return error_from_errno(err, "entering stage1/rootfs");
	cleanup_close(&init->run->pod_fd);
	cleanup_close(&init->run->results_fd);
	cleanup_close(&init->run->lock_fd);
	return enter_cgroup(init, err);
}

/*
 * The root of a single app will do for PID 1 as well, which opens nothing by path any
 * more: one mount namespace less to make and to end.  Not with users of the pod's
 * own, whose mounts are locked, nor where the app has a view of its cgroup, which
 * must be made from within the app's cgroup namespace, nor where it may tell the two
 * namespaces apart and expects to.
 */
static bool shares_root(const struct init *init)
{
	const struct plan *plan = init->run->plan;

	return plan->n_apps == 1 && !plan->own_user && !init->surroundings.cgroup_view &&
	       !pod_may_be_looked_at(plan);
}

static int enter_app_root(struct init *init, struct error *err)
{
	int r = pod_store_mount(init->run, ".", err);

	init->surroundings.roots = "opt/stage2";
	init->surroundings.etc_store = "store";
	if (r == 0)
		r = app_root_enter(&init->surroundings, &init->run->resources[0], err);
	init->surroundings.root_entered = true;
	return r < 0 ? error_prefix(err, "app %s", init->run->plan->apps[0].name) : 0;
}

static int enter_stage1(const struct init *init, struct error *err)
{
	int r = furnish_root(init, err);

	return r < 0 ? r : enter_stage1_root(err);
}

/* PID 1 holds what it needs to start apps, but nothing it starts can come to more than they have.
 */
static int bound_capabilities(const struct plan *plan, struct error *err)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < plan->n_apps; i++)
		kept |= plan->apps[i].capabilities;
	return capability_bound(kept, err);
}

static int isolate(struct init *init, struct error *err)
{
	int r = enter_pod(init, err);

	if (r == 0)
		r = become_init(init, err);
	if (r == 0)
		r = name_the_pod(init->run, err);
	if (r == 0)
		r = root_switch_isolate(MOUNT_TREE_PRIVATE, err);
	if (r == 0)
		r = shares_root(init) ? enter_app_root(init, err) : enter_stage1(init, err);
	if (r == 0)
		r = bound_capabilities(init->run->plan, err);
	return r;
}

static int supervise(struct init *init, struct error *err)
{
	struct supervisor *supervisor = &init->supervisor;
	auto_close int signal_fd = FD_NONE;
	int r;

	r = signals_to_fd(&signal_fd, err);
	if (r < 0)
		return r;
	*supervisor = (struct supervisor){ .plan = init->run->plan,
					   .surroundings = &init->surroundings,
					   .resources = init->run->resources,
					   .events = { .ready = on_ready,
						       .app_ended = on_app_ended,
						       .restarted = on_restart,
						       .complain = on_complaint,
						       .signal = on_signal,
						       .context = init },
					   .signal_fd = signal_fd,
					   .null_fd = init->null_fd,
					   .log = pod_run_log(init->run) };
	r = supervisor_init(supervisor, err);
	if (r == 0)
		r = poll_set_add(&supervisor->poll_set, init->control, POLLIN, on_control, init,
				 err);
	if (r == 0)
		r = supervisor_run(supervisor, err);
	supervisor_release(supervisor);
	return r;
}

/* Only who types at a terminal gets one: other input and output pass through untouched. */
static int terminal_socket(const struct init *init)
{
	return isatty(STDIN_FILENO) == 1 ? init->control : FD_NONE;
}

int init_main(struct pod_run *run, int control)
{
	struct init init = { .run = run, .control = control };
	struct error problem = { 0 };
	int r;

	init.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	init.surroundings =
	    (struct app_surroundings){ .plan = run->plan,
				       .roots = APP_ROOTS,
				       .etc_store = ETC_STORE,
				       .shm = run->plan->n_apps > 1 ? SHM : NULL,
				       .cgroup_view = pod_cgroups_are_v2(run->cgroups),
				       .terminal_socket = terminal_socket(&init),
				       .sockets = run->sockets };
	r = init.null_fd < 0 ? error_from_errno(&problem, "opening /dev/null")
			     : isolate(&init, &problem);
	if (r == 0)
		r = supervise(&init, &problem);
	if (r >= 0)
		return r;
	report(&init, &problem);
	return EXIT_STATUS_NOT_STARTED;
}
