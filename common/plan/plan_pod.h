/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_pod.h - from what was asked to what will be: a pure function.
 *
 * No system call, no file, no global: the same input gives the same plan, so
 * it is tested as an ordinary user against golden texts.
 */
#pragma once

#include "common/manifest/pod_manifest.h"
#include "common/plan/plan.h"

/* What an isolator can do.  Each stage1 has one constant of this type. */
struct plan_traits {
	const char *name;               /* "coreos", for people; nothing may depend on it */
	bool own_pid, own_ipc, own_uts; /* namespaces (or a kernel) of the pod's own */
	bool own_network;               /* can give the pod a network namespace */
	bool network_plugins;           /* and connect it to networks */
	bool host_network;              /* can leave the pod in the host's */
	bool own_user;                  /* can map users: --private-users */
	bool own_api_file_systems;      /* own /proc, /sys, /dev */
	bool supervised;                /* a process of ours stays beside the apps; false: a
					   one-app pod is replaced by its app */
	bool volumes_recursive;         /* default of a host volume that does not say */
};

/* What the machine offers; filled by common/supervisor/host_facts.h, constant in tests. */
struct plan_host {
	bool cgroup_memory, cgroup_cpu, cgroup_pids; /* controllers we may use */
	bool apparmor, selinux;                      /* LSM active */
	bool user_namespaces;
	bool may_raise_limits;    /* CAP_SYS_RESOURCE: rlimits may rise, oom_score_adj may fall */
	int oom_score_adj;        /* our own, the lowest possible without it */
	uint64_t capabilities;    /* our bounding set: none beyond it can be given */
	uint64_t rlimit_hard[16]; /* by RLIMIT_*: our own hard limits, UINT64_MAX unlimited */
};

enum plan_ipc { PLAN_IPC_AUTO, PLAN_IPC_PRIVATE, PLAN_IPC_PARENT };
enum plan_dns_mode { PLAN_DNS_DEFAULT, PLAN_DNS_HOST, PLAN_DNS_STAGE0, PLAN_DNS_NONE };

/* What the stage1 command line asks for, beside the pod manifest. */
struct plan_options {
	const char *uuid;
	const char *hostname;        /* NULL: rkt-UUID */
	const char *const *networks; /* as written: "default", "none", "host", "a:IP=1.2.3.4" */
	size_t n_networks;           /* 0: "default" */
	bool has_private_users;
	uint32_t user_base, user_count;
	bool disable_capabilities, disable_paths, disable_seccomp;
	enum plan_dns_mode resolv_conf;
	enum plan_dns_mode hosts;
	enum plan_ipc ipc;
	bool mutable_pod;
	bool interactive;
	const char *mds_token; /* NULL: no metadata service */
};

struct plan_input {
	const struct pod_manifest *pod;
	const struct image_manifest *images; /* of pod->apps[i]; may be NULL as a whole (unknown) */
	const struct plan_options *options;
	const struct plan_traits *traits;
	const struct plan_host *host;
};

/* Annotations of the pod. */
#define PLAN_STRICT_ANNOTATION     "coreos.com/rkt/stage1/strict"  /* "true" */
#define PLAN_RESTART_ANNOTATION    "coreos.com/rkt/stage1/restart" /* "no", "on-failure", "always" */
#define PLAN_LOG_SIZE_ANNOTATION   "coreos.com/rkt/stage1/log-size" /* "16Mi"; "0": no log */

#define PLAN_ACCOUNTING_ANNOTATION "coreos.com/rkt/stage1/accounting" /* "true" */

#define PLAN_LOG_SIZE_MIN          ((uint64_t)1 << 20)
#define PLAN_LOG_SIZE_MAX          ((uint64_t)1 << 40)
#define PLAN_LOG_SIZE_DEFAULT      ((uint64_t)16 << 20)

/*
 * Plans a pod.  Fails (-EINVAL, -ENOTSUP, -ENOMEM, err says what) only for
 * requests that cannot be run at all: a network the isolator must refuse, two
 * volumes on one target, conflicting isolators.  What can be run without is a
 * verdict; whether that is good enough is plan_check_strict()'s question.
 */
int plan_pod(struct arena *arena, const struct plan_input *input, struct plan *ret,
	     struct error *err) MUST_CHECK;

/* 0 when every verdict is "enforced" or the pod is not strict; else -ENOTSUP naming the first
 * others. */
int plan_check_strict(const struct plan *plan, struct error *err) MUST_CHECK;
