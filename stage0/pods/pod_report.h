/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pod_report.h - what `list` and `status` tell about a pod.
 *
 * Reads few small files of the pod and believes none: sizes are capped, what
 * is missing or unreadable is left out, so that a broken pod is still listed.
 *
 * Units:      times in nanoseconds since the epoch; 0: unknown.
 * Ownership:  everything belongs to the arena.
 * Errors:     -ENOMEM; -ENOENT: the pod is gone.
 */
#pragma once

#include "common/base/arena.h"
#include "common/json/json_value.h"
#include "stage0/pods/pod_life_cycle.h"

struct pod_report_mount {
	const char *name;   /* of the volume */
	const char *path;   /* in the app */
	const char *source; /* on the host; "" for an empty volume */
	bool read_only;
};

struct pod_report_app {
	const char *name;
	const char *image_id;
	const char *image; /* name, and ":version" if it has one */
	const struct pod_report_mount *mounts;
	size_t n_mounts;
	const struct json_value *user_annotations; /* NULL: none */
	const struct json_value *user_labels;
	uint32_t restarts; /* how often it was started again */
	bool has_ended;
	int exit_status;      /* when it has */
	uint64_t finished_ns; /* when it has */
};

struct pod_report {
	struct uuid uuid;
	const char *name; /* that it was given; NULL: none */
	enum pod_state state;
	uint64_t created_ns;
	uint64_t started_ns;
	int64_t pid; /* what `pid` or else `ppid` says; -1: neither */
	const struct pod_report_app *apps;
	size_t n_apps;
	const struct json_value *networks; /* net-info.json, an array; NULL: none */
	const struct json_value *user_annotations;
	const struct json_value *user_labels;
};

enum pod_report_depth {
	POD_REPORT_SHORT, /* without name, pid, mounts, user data, and how the apps ended */
	POD_REPORT_WHOLE,
};

/* pod: not locked through the fd in it. */
int pod_report_read(const struct pod_dir *pod, enum pod_report_depth depth, struct arena *arena,
		    struct pod_report *ret, struct error *err) MUST_CHECK;

/* Adds the pod's name to a short report. */
int pod_report_read_name(const struct pod_dir *pod, struct arena *arena, struct pod_report *report,
			 struct error *err) MUST_CHECK;

/* True once the pod has run and ended. */
bool pod_report_has_exited(const struct pod_report *report);

/* True for a pod that runs or has run: it has networks, a pid, exit statuses. */
bool pod_report_has_run(const struct pod_report *report);
