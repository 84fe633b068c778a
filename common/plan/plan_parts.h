/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_parts.h - the parts of planning, one for each file of this room.
 *
 * Private to this room.  Each part is pure, fills its piece of the plan, and
 * says a verdict for each request it looks at (plan_scope.h).  All return
 * 0 or -EINVAL, -ENOTSUP, -ENOMEM with the scope's err filled.
 */
#pragma once

#include "common/plan/plan_scope.h"

/* Security labels of the LSMs. */
struct plan_labels {
	const char *apparmor_profile; /* NULL: none */
	const char *selinux_context;  /* NULL: none */
};

/* What one app is planned from. */
struct plan_app_input {
	const struct pod_manifest *pod;
	const struct pod_app *app;
	const struct image_manifest *image; /* NULL: unknown */
	const struct plan *plan;            /* the pod's part, complete */
	const struct plan_labels *labels;   /* the pod's */
	const char *metadata_url;           /* NULL: none */
};

/* plan_options.c: the command line's requests but networks; hostname, namespaces, users. */
int plan_options(const struct plan_scope *scope, const struct pod_manifest *pod,
		 struct plan *ret) MUST_CHECK;

/* plan_restart.c: whether apps are started again; makes a pod supervised. */
int plan_restart(const struct plan_scope *scope, const struct pod_manifest *pod,
		 struct plan *ret) MUST_CHECK;

/* plan_log.c: what is kept of the apps' output; supervised must be known. */
int plan_log(const struct plan_scope *scope, const struct pod_manifest *pod,
	     struct plan *ret) MUST_CHECK;

/* plan_network.c: the network namespace, and the networks it is connected to. */
int plan_networks(const struct plan_scope *scope, struct plan *ret) MUST_CHECK;

/* plan_port.c: the pod's ports; the plan's network must be known. */
int plan_ports(const struct plan_scope *scope, const struct pod_manifest *pod,
	       struct plan *ret) MUST_CHECK;

/* plan_sysctl.c: the pod's os/unix/sysctl; plan's namespaces must be known. */
int plan_sysctls(const struct plan_scope *scope, const struct plan_isolators *isolators,
		 struct plan *ret) MUST_CHECK;

/* plan_limits.c: cpu, memory, pids, cpu-shares.  bound: the pod's own limits; NULL: none. */
int plan_limits(const struct plan_scope *scope, const struct plan_isolators *isolators,
		const struct plan_limits *bound, struct plan_limits *ret) MUST_CHECK;

/* plan_process.c: os/unix/rlimits, oom-score-adj, no-new-privileges. */
int plan_process(const struct plan_scope *scope, const struct plan_isolators *isolators,
		 struct plan_app *ret) MUST_CHECK;

/* plan_labels.c: AppArmor and SELinux; inherited: the pod's, which hold for an app without its own.
 */
int plan_labels(const struct plan_scope *scope, const struct plan_isolators *isolators,
		const struct plan_labels *inherited, struct plan_labels *ret) MUST_CHECK;

/* plan_capabilities.c */
int plan_capabilities(const struct plan_scope *scope, const struct plan_isolators *isolators,
		      uint64_t *ret) MUST_CHECK;

/* plan_seccomp.c */
int plan_seccomp(const struct plan_scope *scope, const struct plan_isolators *isolators,
		 struct plan_seccomp *ret) MUST_CHECK;

/* plan_unsupported.c: a verdict for every isolator that no other part looks at. */
int plan_unsupported(const struct plan_scope *scope,
		     const struct plan_isolators *isolators) MUST_CHECK;

/* plan_environment.c; metadata_url: NULL: none. */
int plan_environment(const struct plan_scope *scope, const struct manifest_pairs *asked,
		     const char *metadata_url, struct plan_strings *ret) MUST_CHECK;

/* plan_mounts.c: what is mounted in an app; and, once all apps are planned, what is in none. */
int plan_mounts(const struct plan_scope *scope, const struct plan_app_input *input,
		struct plan_app *ret) MUST_CHECK;
int plan_unused_volumes(const struct plan_scope *scope, const struct pod_manifest *pod,
			const struct plan *plan) MUST_CHECK;

/*
 * plan_target.c: a path in an app's root, absolute, without "//", "/./" or a slash at its end;
 * ".." takes back the word before it, and nothing at the root.  NULL: out of memory.
 */
const char *plan_clean_path(struct arena *arena, const char *path);

/* Refuses the root itself, and what belongs to the isolator (/proc, /sys, /dev); clean paths. */
int plan_target_check(const struct plan_scope *scope, const char *what,
		      const char *path) MUST_CHECK;

/* Whether inner is outer or lies below it; clean paths. */
bool plan_target_covers(const char *outer, const char *inner);

/* plan_etc.c: resolv.conf, hosts and hostname, the options' verdicts (once for the pod), and
 * whether an option replaces a volume that is mounted on this very file. */
int plan_etc(const struct plan_scope *scope, const struct plan *pod,
	     struct plan_app *ret) MUST_CHECK;
int plan_etc_options(const struct plan_scope *scope) MUST_CHECK;
bool plan_etc_overrides(const struct plan_options *options, const char *target);

/* plan_stop.c: how an app is stopped and whether it notifies. */
int plan_stop(const struct plan_scope *scope, const struct plan_app_input *input,
	      struct plan_app *ret) MUST_CHECK;

/* "SIGQUIT", "QUIT", "SIGRTMIN+3", "3" → the signal's number; -EINVAL. */
int plan_signal_number(const char *text, int *ret) MUST_CHECK;

/* plan_app.c: everything of one app. */
int plan_app(const struct plan_scope *scope, const struct plan_app_input *input,
	     struct plan_app *ret) MUST_CHECK;
