/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_reports.h - what the guest tells of its pod, checked and written where stage0 reads.
 *
 * Files:      environments and statuses of apps that the plan has, each once, and restarts that it
 * allows; nothing else. Memory:     REPORTS_ENVIRONMENT_MAX bytes for each app, until the pod has
 * started. Notify:     of an app's datagrams the known words of sd_notify(3) go on.
 */
#pragma once

#include "common/base/text.h"
#include "common/supervisor/pod_run.h"
#include "stage1-kvm/channel/frame.h"

#define REPORTS_ENVIRONMENT_MAX ((size_t)1 << 20)

struct guest_reports {
	const struct pod_run *run;
	struct text *environments; /* "K=V\0…" of plan->apps[i]; NULL once they are written */
	bool *ended;
	uint32_t *restarts;
	bool ready;
};

int guest_reports_open(struct guest_reports *reports, const struct pod_run *run,
		       struct error *err) MUST_CHECK;
void guest_reports_release(struct guest_reports *reports);

bool guest_reports_knows(enum frame_kind kind);
int guest_reports_take(struct guest_reports *reports, const struct frame *frame,
		       struct error *err) MUST_CHECK;

/* The pod has started: writes environments, then pid, so that it can be entered. */
int guest_reports_started(struct guest_reports *reports, struct error *err) MUST_CHECK;

/* The machine is gone: apps that have not ended have, with this status. */
void guest_reports_settle(struct guest_reports *reports, int status);
