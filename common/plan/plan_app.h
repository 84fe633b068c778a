/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_app.h - what every process of an app gets: the part of a plan that is an app's.
 *
 * Units, paths, ownership: as plan.h says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_strings {
	const char *const *items; /* NULL-terminated as well: fit for execve() */
	size_t n;
};

/* Limits of one cgroup.  A member counts only when its has_ flag is set. */
struct plan_limits {
	bool has_memory_limit, has_memory_request, has_cpu_limit, has_cpu_shares, has_pids_limit;
	uint64_t memory_limit_bytes;
	uint64_t memory_request_bytes; /* protected from reclaim (v2 memory.low, v1 soft limit) */
	uint64_t cpu_limit_milli;      /* 1500: one core and a half */
	uint64_t cpu_shares;           /* 2 … 262144, 1024 is the kernel's default */
	uint64_t pids_limit;
};

enum plan_seccomp_mode {
	PLAN_SECCOMP_NONE,
	PLAN_SECCOMP_ALLOW_LIST, /* the named calls pass, all others are blocked */
	PLAN_SECCOMP_DENY_LIST,  /* the named calls are blocked, all others pass */
};

struct plan_seccomp {
	enum plan_seccomp_mode mode;
	const char *errno_name;    /* what a blocked call returns; NULL: the app dies by SIGSYS */
	const char *known_set;     /* "@rkt/default-whitelist": exactly the calls of this set
				      (seccomp_sets.h), and `calls` is empty; NULL: a mixture */
	struct plan_strings calls; /* system call names, sorted, no wildcards, no duplicates */
};

enum plan_mount_kind { PLAN_MOUNT_HOST, PLAN_MOUNT_EMPTY };

struct plan_mount {
	enum plan_mount_kind kind;
	const char *volume; /* unique in the pod: apps that name the same empty one share it */
	const char *source; /* host: the path; empty: NULL */
	const char *target;
	bool read_only;
	bool recursive;
	uint32_t mode, uid, gid; /* empty: of its root directory */
	bool from_image; /* empty: starts as the image's directory at target, if there is one */
};

/* Where an app's /etc/resolv.conf, /etc/hosts or /etc/hostname comes from. */
enum plan_etc_source {
	PLAN_ETC_KEEP,      /* the image's own, untouched */
	PLAN_ETC_HOST,      /* a copy of the host's */
	PLAN_ETC_NETWORKS,  /* what the pod's networks say of DNS, if they do; it goes before a
			       volume mounted on this very file */
	PLAN_ETC_STAGE0,    /* what stage0 left in stage1's /etc/rkt-resolv.conf, /etc/rkt-hosts */
	PLAN_ETC_GENERATED, /* content, below */
	PLAN_ETC_GENERATED_IF_MISSING, /* content, but the image's own wins */
};

/* KEEP wherever a volume covers the path, so that nothing is written through a volume. */
struct plan_etc_file {
	enum plan_etc_source source;
	const char *content; /* generated ones; else NULL */
};

struct plan_sysctl {
	const char *key; /* "net.ipv4.ip_forward" */
	const char *value;
};

struct plan_rlimit {
	int resource;
	const char *name;
	uint64_t soft, hard; /* UINT64_MAX: unlimited */
};

struct plan_handler {
	struct plan_strings argv;
};

/* What every process of an app gets: its main one, its handlers, and those that enter starts. */
struct plan_app {
	const char *name;
	struct plan_strings argv;
	struct plan_strings environment; /* "K=V"; the sandbox adds SHELL, USER, LOGNAME, HOME in
					    front, from the app's passwd, unless set here */
	const char *working_directory;
	const char *user;  /* name, number or /path: resolved in the app's root */
	const char *group; /* the same; "": the user's */
	const uint32_t *supplementary_gids;
	size_t n_supplementary_gids;
	uint64_t capabilities; /* bounding set, and what a root app holds */
	struct plan_seccomp seccomp;
	bool no_new_privileges;
	const struct plan_rlimit *rlimits;
	size_t n_rlimits;
	bool has_oom_score_adj;
	int oom_score_adj;
	const char *apparmor_profile; /* NULL: none asked or none possible */
	const char *selinux_context;  /* NULL: none asked or none possible */
	struct plan_limits limits;
	bool device_policy;              /* the app may mount: confine devices by cgroup as well */
	const struct plan_mount *mounts; /* shallow targets before deep ones */
	size_t n_mounts;
	bool read_only_root;
	bool protect_paths; /* mask and write-protect parts of /proc and /sys; no new devices */
	struct plan_etc_file resolv_conf;
	struct plan_etc_file hosts;
	struct plan_etc_file hostname;
	const struct plan_handler *pre_start;
	size_t n_pre_start;
	const struct plan_handler *post_stop;
	size_t n_post_stop;
	int stop_signal;        /* SIGTERM unless the image says otherwise */
	uint32_t stop_grace_ms; /* from the stop signal to SIGKILL */
	bool notify;            /* the app speaks sd_notify itself */
	const char *cgroup;     /* what its cgroup is called, which may be there already; NULL, as
				   planned: as the app is */
};
