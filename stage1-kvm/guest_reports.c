/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/guest_reports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/pod/pod_record.h"

int guest_reports_open(struct guest_reports *reports, const struct pod_run *run, struct error *err)
{
	size_t n = run->plan->n_apps;

	*reports = (struct guest_reports){ .run = run };
	reports->environments = calloc(n, sizeof(*reports->environments));
	reports->ended = calloc(n, sizeof(*reports->ended));
	reports->restarts = calloc(n, sizeof(*reports->restarts));
	if (reports->environments == NULL || reports->ended == NULL || reports->restarts == NULL)
		return error_set(err, ENOMEM, "watching the pod: out of memory");
	for (size_t i = 0; i < n; i++)
		reports->environments[i].cap = REPORTS_ENVIRONMENT_MAX;
	return 0;
}

static void forget_environments(struct guest_reports *reports)
{
	for (size_t i = 0; reports->environments != NULL && i < reports->run->plan->n_apps; i++)
		text_release(&reports->environments[i]);
	cleanup_free(&reports->environments);
}

void guest_reports_release(struct guest_reports *reports)
{
	if (reports->run != NULL)
		forget_environments(reports);
	cleanup_free(&reports->ended);
	cleanup_free(&reports->restarts);
}

bool guest_reports_knows(enum frame_kind kind)
{
	return kind == FRAME_READY || kind == FRAME_ENVIRONMENT || kind == FRAME_ENDED ||
	       kind == FRAME_NOTIFY || kind == FRAME_RESTARTED;
}

static int find_app(const struct guest_reports *reports, const struct frame *frame, size_t *ret,
		    struct error *err)
{
	uint32_t app = frame_get_u32(frame->payload);

	if (app >= reports->run->plan->n_apps)
		return error_set(err, EPROTO, "the guest speaks of app number %u", app);
	*ret = app;
	return 0;
}

static int take_environment(struct guest_reports *reports, const struct frame *frame,
			    struct error *err)
{
	size_t app = 0;
	int r = find_app(reports, frame, &app, err);

	if (r < 0)
		return r;
	if (reports->environments == NULL ||
	    (frame->length > 4 && frame->payload[frame->length - 1] != '\0') ||
	    text_append_bytes(&reports->environments[app], (const char *)frame->payload + 4,
			      frame->length - 4) < 0)
		return error_set(err, EPROTO, "the guest sent an environment of app %s too many",
				 reports->run->plan->apps[app].name);
	return 0;
}

static int record_status(const struct guest_reports *reports, size_t app, int status,
			 struct error *err)
{
	reports->ended[app] = true;
	return pod_record_status(reports->run->results_fd, reports->run->plan->apps[app].name,
				 status, err);
}

static int take_ended(struct guest_reports *reports, const struct frame *frame, struct error *err)
{
	uint32_t status = frame_get_u32(frame->payload + 4);
	size_t app = 0;
	int r = find_app(reports, frame, &app, err);

	if (r < 0)
		return r;
	if (reports->ended[app] || status > 255)
		return error_set(err, EPROTO, "the guest says that app %s ended with %u",
				 reports->run->plan->apps[app].name, status);
	return record_status(reports, app, (int)status, err);
}

/* Only of pods that asked for it, and only upwards. */
static int take_restarted(struct guest_reports *reports, const struct frame *frame,
			  struct error *err)
{
	uint32_t n = frame_get_u32(frame->payload + 4);
	const struct plan *plan = reports->run->plan;
	size_t app = 0;
	int r = find_app(reports, frame, &app, err);

	if (r < 0)
		return r;
	if (plan->restart == PLAN_RESTART_NO || reports->ended[app] ||
	    n != reports->restarts[app] + 1)
		return error_set(err, EPROTO, "the guest says that app %s was started again",
				 plan->apps[app].name);
	reports->restarts[app] = n;
	return pod_record_restarts(reports->run->results_fd, plan->apps[app].name, n, err);
}

static int take_ready(struct guest_reports *reports, struct error *err)
{
	if (reports->ready)
		return error_set(err, EPROTO, "the guest says twice that it is ready");
	reports->ready = true;
	return pod_record_ready(reports->run->results_fd, err);
}

int guest_reports_take(struct guest_reports *reports, const struct frame *frame, struct error *err)
{
	if (frame->kind == FRAME_READY)
		return take_ready(reports, err);
	if (frame->kind == FRAME_ENVIRONMENT)
		return take_environment(reports, frame, err);
	if (frame->kind == FRAME_RESTARTED)
		return take_restarted(reports, frame, err);
	if (frame->kind == FRAME_ENDED)
		return take_ended(reports, frame, err);
	return notify_relay_pass_on(reports->run->notify.host_socket, (const char *)frame->payload,
				    frame->length);
}

static int write_environment(const struct guest_reports *reports, size_t app, struct error *err)
{
	const struct text *text = &reports->environments[app];
	auto_free const char **environment = NULL;
	size_t n = 0;

	for (size_t i = 0; i < text->length; i++)
		n += text->data[i] == '\0';
	environment = calloc(n + 1, sizeof(*environment));
	if (environment == NULL)
		return error_set(err, ENOMEM, "recording the environment: out of memory");
	n = 0;
	for (size_t i = 0; i < text->length; i += strlen(text->data + i) + 1)
		environment[n++] = text->data + i;
	return pod_record_environment(reports->run->results_fd, reports->run->plan->apps[app].name,
				      environment, err);
}

int guest_reports_started(struct guest_reports *reports, struct error *err)
{
	const struct pod_run *run = reports->run;
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->plan->n_apps; i++)
		r = write_environment(reports, i, err);
	forget_environments(reports);
	return r < 0 ? r : pod_record_pid(run->pod_fd, getpid(), err);
}

void guest_reports_settle(struct guest_reports *reports, int status)
{
	struct error problem = { 0 };

	for (size_t i = 0; i < reports->run->plan->n_apps; i++) {
		if (!reports->ended[i] && record_status(reports, i, status, &problem) < 0)
			(void)dprintf(STDERR_FILENO, "%s: %s\n", reports->run->program,
				      problem.text);
	}
}
