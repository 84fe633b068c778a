/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolator.h - one isolator of an image or pod manifest, as a typed value.
 *
 * Source:     App Container spec 0.8.11, ace.md, "Isolators"; resource/pids and
 *             os/unix/rlimits are ours (the spec allows further names).
 * Units:      CPU in millicores (1000: one core), memory in bytes, names of
 *             capabilities as bit numbers of <linux/capability.h>.
 * Ownership:  all memory belongs to the arena the manifest was read into.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/error.h"

enum isolator_kind {
	ISOLATOR_UNKNOWN,           /* kept as text, reported as ignored */
	ISOLATOR_CPU,               /* resource/cpu: quantity, millicores */
	ISOLATOR_MEMORY,            /* resource/memory: quantity, bytes */
	ISOLATOR_PIDS,              /* resource/pids: quantity.limit, count */
	ISOLATOR_CPU_SHARES,        /* os/linux/cpu-shares: number, 2 … 262144 */
	ISOLATOR_OOM_SCORE_ADJ,     /* os/linux/oom-score-adj: number, -1000 … 1000 */
	ISOLATOR_CAPS_RETAIN,       /* os/linux/capabilities-retain-set: capabilities */
	ISOLATOR_CAPS_REMOVE,       /* os/linux/capabilities-remove-set: capabilities */
	ISOLATOR_SECCOMP_RETAIN,    /* os/linux/seccomp-retain-set: seccomp */
	ISOLATOR_SECCOMP_REMOVE,    /* os/linux/seccomp-remove-set: seccomp */
	ISOLATOR_NO_NEW_PRIVILEGES, /* os/linux/no-new-privileges: flag */
	ISOLATOR_SELINUX_CONTEXT,   /* os/linux/selinux-context: text "user:role:type:level" */
	ISOLATOR_APPARMOR_PROFILE,  /* os/linux/apparmor-profile: text */
	ISOLATOR_SYSCTL,            /* os/unix/sysctl: pairs */
	ISOLATOR_RLIMITS,           /* os/unix/rlimits: rlimits */
	ISOLATOR_BLOCK_BANDWIDTH,   /* resource/block-bandwidth: known, enforced nowhere yet */
	ISOLATOR_BLOCK_IOPS,        /* resource/block-iops */
	ISOLATOR_NETWORK_BANDWIDTH, /* resource/network-bandwidth */
};

struct isolator_quantity {
	bool has_request;
	bool has_limit;
	bool is_default;
	uint64_t request;
	uint64_t limit;
};

struct isolator_seccomp {
	const char *errno_name;   /* "EPERM"; NULL: kill with SIGSYS */
	const char *const *names; /* system calls and "@scope/set" wildcards, as written */
	size_t n_names;
};

struct isolator_pair {
	const char *key;
	const char *value;
};

struct isolator_rlimit {
	int resource;        /* RLIMIT_* of <sys/resource.h> */
	const char *name;    /* "RLIMIT_NOFILE" */
	uint64_t soft, hard; /* UINT64_MAX: unlimited */
};

struct isolator {
	const char *name; /* as written, also for unknown ones */
	enum isolator_kind kind;
	const char *json; /* the value as compact JSON, for reports and for writing back */
	union {
		struct isolator_quantity quantity;
		int64_t number;
		uint64_t capabilities; /* bit n: capability number n */
		struct isolator_seccomp seccomp;
		bool flag;
		const char *text;
		struct {
			const struct isolator_pair *items;
			size_t n;
		} pairs;
		struct {
			const struct isolator_rlimit *items;
			size_t n;
		} rlimits;
	};
};

/* The capabilities an app has when nothing is asked: the 14 of ace.md. */
uint64_t isolator_default_capabilities(void);

/* "CAP_CHOWN" or "chown" to its number; -EINVAL when unknown. */
int isolator_capability_number(const char *name, unsigned *ret) MUST_CHECK;

/* The name of a capability, "CAP_CHOWN"; NULL past the last one known. */
const char *isolator_capability_name(unsigned number);

/*
 * Reads one isolator from its name and its value as JSON text (also what the
 * command line's --memory and friends build).  Unknown names are kept.
 * -EINVAL with err naming the isolator and the value.
 */
int isolator_parse(struct arena *arena, const char *name, const char *json, struct isolator *ret,
		   struct error *err) MUST_CHECK;

/*
 * Refuses a list that contradicts itself: both sets of capabilities, both of
 * system calls, or twice an isolator that ace.md allows once.  Others may occur
 * more than once, and the last one counts: rkt leaves an image's limit in the
 * list and appends the one of its command line.
 */
int isolators_check(const struct isolator *items, size_t n, struct error *err) MUST_CHECK;

/* The last isolator of a kind, the one that counts; NULL when there is none. */
const struct isolator *isolators_last(const struct isolator *items, size_t n,
				      enum isolator_kind kind);
