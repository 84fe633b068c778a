/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/app_life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/cgroup/cgroup_app.h"
#include "common/process/exit_status.h"

/* How long an ended process's output may take to reach a slow reader, in ms. */
static const uint64_t drain_ms = 5000;
static const uint64_t drain_stopping_ms = 1000;

/* How long processes that were killed may take to be gone, in ms. */
static const unsigned kill_timeout_ms = 2000;

uint64_t app_life_now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct app_resources *resources_of(const struct app_life *life)
{
	return &life->supervisor->resources[life->index];
}

void app_life_init(struct app_life *life, struct supervisor *supervisor, size_t index)
{
	*life = (struct app_life){ .supervisor = supervisor,
				   .index = index,
				   .plan = &supervisor->plan->apps[index],
				   .mount_namespace = FD_NONE };
}

static void stop_relays(struct app_life *life)
{
	for (size_t i = 0; i < ARRAY_LENGTH(life->outputs); i++) {
		if (life->outputs[i].relay != NULL)
			log_relay_stop(&life->outputs[i].relay);
	}
}

void app_life_release(struct app_life *life)
{
	stop_relays(life);
	cleanup_close(&life->mount_namespace);
}

static void keep(const struct app_life *life, enum log_stream stream, const char *data,
		 size_t length)
{
	if (life->supervisor->log != NULL)
		log_writer_put(life->supervisor->log,
			       &(const struct log_record){ .stream = stream,
							   .app = (uint16_t)life->index,
							   .data = data,
							   .length = length });
}

static void keep_output(void *context, const char *data, size_t length)
{
	const struct app_output *output = context;

	keep(output->life, output->stream, data, length);
}

static void complain(const struct app_life *life, struct error *problem)
{
	keep(life, LOG_NOTICE, problem->text, strlen(problem->text));
	keep(life, LOG_NOTICE, "\n", 1);
	(void)error_prefix(problem, "app %s", life->plan->name);
	life->supervisor->events.complain(life->supervisor->events.context, problem);
}

/* One pipe whose read end is relayed; the write end is for the process. */
static int open_output(struct log_sink *sink, struct app_output *output, int *ret_write,
		       struct error *err)
{
	const struct app_life *life = output->life;
	const struct log_origin origin = { .name = life->plan->name,
					   .keep =
					       life->supervisor->log != NULL ? keep_output : NULL,
					   .context = output };
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_from_errno(err, "making a pipe for the output");
	r = log_relay_open_take(sink, &ends[0], &origin, &output->relay, err);
	if (r < 0) {
		cleanup_close(&ends[0]);
		cleanup_close(&ends[1]);
		return r;
	}
	*ret_write = ends[1];
	return 0;
}

static int start_with_outputs(struct app_life *life, struct app_process *process, int *ret_status,
			      struct error *err)
{
	auto_close int out = FD_NONE;
	auto_close int errors = FD_NONE;
	int r;

	life->outputs[0] = (struct app_output){ .life = life, .stream = LOG_STDOUT };
	life->outputs[1] = (struct app_output){ .life = life, .stream = LOG_STDERR };
	r = open_output(&life->supervisor->out, &life->outputs[0], &out, err);
	if (r == 0)
		r = open_output(&life->supervisor->err, &life->outputs[1], &errors, err);
	if (r < 0)
		return r;
	process->out = out;
	process->err = errors;
	r = app_process_start(process, &life->pid, ret_status, err);
	if (r == 1) {
		log_relay_set_pid(life->outputs[0].relay, life->pid);
		log_relay_set_pid(life->outputs[1].relay, life->pid);
	}
	return r;
}

/* 1: it runs, 0: it did not come up and *ret_status says what that counts as, or -errno. */
static int start_process(struct app_life *life, const char *const *argv, bool main_process,
			 int *ret_status, struct error *err)
{
	const struct supervisor *supervisor = life->supervisor;
	struct app_process process = { .surroundings = supervisor->surroundings,
				       .resources = resources_of(life),
				       .argv = argv,
				       .mount_namespace = life->mount_namespace,
				       .in = supervisor->null_fd,
				       .out = STDOUT_FILENO,
				       .err = STDERR_FILENO,
				       .main_process = main_process };

	if (main_process && supervisor->plan->interactive) {
		process.interactive = isatty(STDIN_FILENO) == 1;
		process.in = STDIN_FILENO;
		return app_process_start(&process, &life->pid, ret_status, err);
	}
	return start_with_outputs(life, &process, ret_status, err);
}

static bool will_restart(const struct app_life *life)
{
	const struct supervisor *supervisor = life->supervisor;

	return !supervisor->stopping && !life->killed &&
	       restart_is_wanted(supervisor->plan->restart, &life->restart, life->status);
}

static void back_off(struct app_life *life)
{
	uint64_t now = app_life_now_ms();
	uint64_t delay = restart_next_delay(&life->restart, now);
	struct error told = { 0 };

	life->phase = APP_BACKING_OFF;
	life->pid = 0;
	life->deadline_ms = 0;
	life->resume_ms = now + delay;
	(void)error_set(&told, EAGAIN, "it ended with status %d and is started again in %u ms",
			life->status, (unsigned)delay);
	complain(life, &told);
}

static void end_app(struct app_life *life)
{
	struct supervisor *supervisor = life->supervisor;

	if (will_restart(life)) {
		back_off(life);
		return;
	}
	life->phase = APP_ENDED;
	life->pid = 0;
	life->deadline_ms = 0;
	cleanup_close(&life->mount_namespace);
	supervisor->n_ended++;
	supervisor->events.app_ended(supervisor->events.context, life->index, life->status);
	if (life->status == 0)
		return;
	if (supervisor->status == 0)
		supervisor->status = life->status;
	/* Asked for by the operator, or because another app failed: no reason to stop the rest. */
	if (!supervisor->stopping)
		supervisor_stop(supervisor);
}

/* Starts handlers from life->handler on; 0 when none is left. */
static int start_handler(struct app_life *life, const struct plan_handler *handlers, size_t n)
{
	struct error problem = { 0 };
	int status = EXIT_STATUS_NOT_STARTED;
	int r;

	if (life->handler >= n)
		return 0;
	r = start_process(life, handlers[life->handler].argv.items, false, &status, &problem);
	if (r == 1)
		return 1;
	(void)error_prefix(&problem, "%s handler",
			   life->phase == APP_PRE_START ? "pre-start" : "post-stop");
	complain(life, &problem);
	return -EIO;
}

static void begin_post_stop(struct app_life *life)
{
	life->phase = APP_POST_STOP;
	life->handler = 0;
	life->stop_sent = false;
	/* Handlers of a pod that is being stopped have the grace period for themselves. */
	life->deadline_ms =
	    life->supervisor->stopping ? app_life_now_ms() + life->plan->stop_grace_ms : 0;
	if (life->killed || start_handler(life, life->plan->post_stop, life->plan->n_post_stop) < 1)
		end_app(life);
}

static void fail_to_start(struct app_life *life, int status, struct error *problem)
{
	complain(life, problem);
	stop_relays(life);
	life->status = status;
	end_app(life);
}

static void begin_main(struct app_life *life)
{
	struct error problem = { 0 };
	int status = EXIT_STATUS_NOT_STARTED;
	int r;

	life->phase = APP_MAIN;
	r = start_process(life, life->plan->argv.items, true, &status, &problem);
	if (r != 1) {
		fail_to_start(life, status, &problem);
		return;
	}
	life->restart.has_run = true;
	life->restart.started_ms = app_life_now_ms();
}

static void begin(struct app_life *life)
{
	int r;

	life->phase = APP_PRE_START;
	r = start_handler(life, life->plan->pre_start, life->plan->n_pre_start);
	if (r == 0) {
		begin_main(life);
	} else if (r < 0) {
		life->status = EXIT_STATUS_NOT_STARTED;
		end_app(life);
	}
}

int app_life_start(struct app_life *life, struct error *err)
{
	int r;

	if (life->plan->n_pre_start + life->plan->n_post_stop > 0 &&
	    !life->supervisor->surroundings->root_entered) {
		r = app_process_make_root(life->supervisor->surroundings, resources_of(life),
					  &life->mount_namespace, err);
		if (r < 0)
			return error_prefix(err, "app %s", life->plan->name);
	}
	begin(life);
	return 0;
}

static void start_again(struct app_life *life)
{
	struct supervisor *supervisor = life->supervisor;

	life->handler = 0;
	life->stop_sent = false;
	life->resume_ms = 0;
	life->status = 0;
	life->restart.n++;
	if (supervisor->events.restarted != NULL)
		supervisor->events.restarted(supervisor->events.context, life->index,
					     life->restart.n);
	begin(life);
}

static void pre_start_ended(struct app_life *life, int wait_status)
{
	char text[EXIT_STATUS_TEXT_SIZE];
	struct error problem = { 0 };
	int r;

	if (wait_status != 0) {
		(void)error_set(&problem, ECHILD, "the pre-start handler %s %s",
				life->plan->pre_start[life->handler].argv.items[0],
				exit_status_describe(wait_status, text));
		fail_to_start(life, EXIT_STATUS_NOT_STARTED, &problem);
		return;
	}
	life->handler++;
	r = life->supervisor->stopping
		? -ECANCELED
		: start_handler(life, life->plan->pre_start, life->plan->n_pre_start);
	if (r == 0) {
		begin_main(life);
	} else if (r < 0) {
		life->status = EXIT_STATUS_NOT_STARTED;
		end_app(life);
	}
}

/* What the main process left running goes with it; the last app's goes with the pod anyway. */
static void kill_remains(const struct app_life *life)
{
	const struct supervisor *supervisor = life->supervisor;
	struct error ignored = { 0 };

	if (supervisor->plan->own_pid && life->plan->n_post_stop == 0 && !will_restart(life) &&
	    supervisor->n_ended + 1 == supervisor->n_apps)
		return;
	result_ignored(cgroup_app_kill(&resources_of(life)->cgroup, kill_timeout_ms, &ignored));
}

/*
 * Its own stop signal ended it, when it was told to stop: that is how it was to end,
 * and no failure, for whoever manages the pod as for systemd.
 */
static bool ended_as_told(const struct app_life *life, int wait_status)
{
	return life->stop_sent && !life->killed && WIFSIGNALED(wait_status) &&
	       WTERMSIG(wait_status) == life->plan->stop_signal;
}

static void main_ended(struct app_life *life, int wait_status)
{
	struct error problem = { 0 };

	life->status = ended_as_told(life, wait_status) ? 0 : exit_status_of(wait_status);
	kill_remains(life);
	if (life->status == 128 + SIGKILL && !life->killed &&
	    cgroup_app_oom_killed(&resources_of(life)->cgroup, &problem) > 0) {
		(void)error_set(&problem, ENOMEM, "killed: it used more memory than its limit");
		complain(life, &problem);
	}
	begin_post_stop(life);
}

static void post_stop_ended(struct app_life *life, int wait_status)
{
	char text[EXIT_STATUS_TEXT_SIZE];
	struct error problem = { 0 };

	if (wait_status != 0) {
		(void)error_set(&problem, ECHILD, "the post-stop handler %s %s",
				life->plan->post_stop[life->handler].argv.items[0],
				exit_status_describe(wait_status, text));
		complain(life, &problem);
	}
	life->handler++;
	if (life->killed || start_handler(life, life->plan->post_stop, life->plan->n_post_stop) < 1)
		end_app(life);
}

void app_life_reaped(struct app_life *life, const struct reaped *reaped)
{
	if (life->pid == 0 || life->pid != reaped->pid)
		return;
	life->pid = 0;
	life->wait_status = reaped->wait_status;
	life->draining = true;
	life->drain_until_ms =
	    app_life_now_ms() + (life->supervisor->stopping ? drain_stopping_ms : drain_ms);
	for (size_t i = 0; i < ARRAY_LENGTH(life->outputs); i++) {
		if (life->outputs[i].relay != NULL)
			log_relay_finish(life->outputs[i].relay);
	}
}

static bool output_has_ended(const struct app_life *life)
{
	for (size_t i = 0; i < ARRAY_LENGTH(life->outputs); i++) {
		if (life->outputs[i].relay != NULL && !log_relay_has_ended(life->outputs[i].relay))
			return false;
	}
	return true;
}

static void move_on(struct app_life *life)
{
	life->draining = false;
	stop_relays(life);
	if (life->phase == APP_PRE_START)
		pre_start_ended(life, life->wait_status);
	else if (life->phase == APP_MAIN)
		main_ended(life, life->wait_status);
	else if (life->phase == APP_POST_STOP)
		post_stop_ended(life, life->wait_status);
}

void app_life_stop(struct app_life *life)
{
	if (life->phase == APP_BACKING_OFF)
		end_app(life);
	if (life->pid == 0 || life->stop_sent)
		return;
	life->stop_sent = true;
	life->deadline_ms = app_life_now_ms() + life->plan->stop_grace_ms;
	if (life->phase == APP_MAIN)
		(void)kill(life->pid, life->plan->stop_signal);
	else if (life->phase == APP_PRE_START)
		(void)kill(life->pid, SIGTERM);
}

void app_life_kill(struct app_life *life)
{
	struct error ignored = { 0 };

	life->killed = true;
	life->deadline_ms = 0;
	if (life->phase == APP_IDLE || life->phase == APP_ENDED)
		return;
	if (life->phase == APP_BACKING_OFF) {
		end_app(life);
		return;
	}
	if (life->pid != 0)
		(void)kill(life->pid, SIGKILL);
	result_ignored(cgroup_app_kill(&resources_of(life)->cgroup, kill_timeout_ms, &ignored));
}

void app_life_signal(const struct app_life *life, int signal_number)
{
	if (life->phase == APP_MAIN && life->pid != 0)
		(void)kill(life->pid, signal_number);
}

void app_life_tick(struct app_life *life, uint64_t now)
{
	if (life->draining && (output_has_ended(life) || now >= life->drain_until_ms))
		move_on(life);
	if (life->deadline_ms != 0 && now >= life->deadline_ms)
		app_life_kill(life);
	if (life->phase == APP_BACKING_OFF && now >= life->resume_ms)
		start_again(life);
}

uint64_t app_life_next_tick_ms(const struct app_life *life)
{
	uint64_t drain = life->draining ? life->drain_until_ms : 0;

	if (life->phase == APP_BACKING_OFF)
		return life->resume_ms;
	if (drain == 0 || (life->deadline_ms != 0 && life->deadline_ms < drain))
		return life->deadline_ms;
	return drain;
}
